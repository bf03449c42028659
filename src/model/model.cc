#include "model/model.h"

namespace tagwerk::model {

Result<Contributions> Model::Contribute(const Matrix& /*x*/, RowSpan /*rows*/) const {
  return Error(Code::kUnimplemented, "shap-unsupported",
               "exact Shapley values are made for trees only, not for " + std::string(type_id()));
}

}  // namespace tagwerk::model
