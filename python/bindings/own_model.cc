#include "own_model.h"

#include <nanobind/ndarray.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>

#include "common.h"

namespace nb = nanobind;

namespace tagwerk::python {

namespace {

/// A Python object that may be dropped by any thread.
using Held = std::shared_ptr<nb::object>;
Held Hold(nb::object object) {
  return {new nb::object(std::move(object)), [](nb::object* held) {
            if (Py_IsInitialized() == 0) return;  // the interpreter is gone, and the object with it
            nb::gil_scoped_acquire acquire;
            delete held;
          }};
}

/// "ValueError: could not broadcast" without the traceback.
std::string Said(nb::python_error& failure) {
  std::string text = nb::cast<std::string>(nb::str(failure.type().attr("__name__")));
  const std::string message = nb::cast<std::string>(nb::str(failure.value()));
  return message.empty() ? text : text + ": " + message;
}

/// Columns of the dense matrix that a column takes: one a category; none for the words of a text, which are too
/// many to be dense.
std::size_t WidthOf(const model::MatrixColumn& column) {
  if (column.is_category()) return std::size_t(column.num_categories);
  return column.numeric != nullptr ? 1 : 0;
}

std::size_t Width(const model::Matrix& x) {
  std::size_t width = 0;
  for (const model::MatrixColumn& column : x.columns()) width += WidthOf(column);
  return width;
}

/// Copies rows as numbers, row by row; a category becomes columns of 0 and 1 (all 0: missing or never seen).
std::vector<double> Dense(const model::Matrix& x, model::RowSpan rows, std::size_t width) {
  std::vector<double> out(rows.size() * width, 0.0);
  std::size_t at = 0;
  for (const model::MatrixColumn& column : x.columns()) {
    if (WidthOf(column) == 0) continue;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      double* cell = out.data() + i * width + at;
      if (!column.is_category())
        *cell = (*column.numeric)[rows[i]];
      else if (const std::int32_t code = (*column.codes)[rows[i]]; code >= 0 && code < column.num_categories)
        cell[code] = 1;
    }
    at += WidthOf(column);
  }
  return out;
}

nb::object Matrix(const model::Matrix& x, model::RowSpan rows) {
  const std::size_t width = Width(x);
  return Array(Dense(x, rows, width), {rows.size(), width});
}

nb::object Vector(std::vector<double> values) {
  const std::size_t size = values.size();
  return Array(std::move(values), {size});
}

/// A fitted estimator. One call at a time: nothing says that an estimator may be used by several threads.
class PythonModel : public model::Model {
 public:
  PythonModel(Held predict, int outputs) : predict_(std::move(predict)), outputs_(outputs) {}
  std::string_view type_id() const override { return "python/estimator"; }
  int num_outputs() const override { return outputs_; }
  void Save(model::ByteWriter&) const override {}  // a file cannot hold it; see app::NotPortable

  void Predict(const model::Matrix& x, model::RowSpan rows, std::span<double> out) const override {
    const std::lock_guard lock(mutex_);  // before the GIL: whoever waits here does not hold it
    nb::gil_scoped_acquire acquire;
    try {
      const nb::object answer = (*predict_)(Matrix(x, rows));
      const auto values = nb::cast<nb::ndarray<const double, nb::c_contig, nb::device::cpu>>(answer);
      if (values.size() != out.size()) throw nb::value_error("prediction has another size than asked for");
      std::copy_n(values.data(), out.size(), out.begin());
    } catch (nb::python_error& failure) {
      Fail(Said(failure), out);
    } catch (const std::exception& failure) {
      Fail(failure.what(), out);
    }
  }
  std::string TakeFailure() const {
    const std::lock_guard lock(mutex_);
    return std::exchange(failure_, "");
  }

 private:
  void Fail(std::string text, std::span<double> out) const {
    failure_ = std::move(text);
    std::fill(out.begin(), out.end(), std::nan(""));
  }
  Held predict_;
  int outputs_;
  mutable std::mutex mutex_;
  mutable std::string failure_;
};

template <class Values>
std::vector<double> Taken(const Values& values, model::RowSpan rows) {
  std::vector<double> out(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) out[i] = values[rows[i]];
  return out;
}

Result<model::Fitted> FitPython(const Held& fit, const std::string& name, const Context& context,
                                const model::TrainingData& data) {
  const std::uint64_t bytes = std::uint64_t(data.train_rows.size()) * Width(*data.x) * sizeof(double);
  if (context.memory_limit > 0 && ResidentBytes() + 2 * bytes > context.memory_limit)
    return Error(Code::kResourceExhausted, "memory-limit", "no memory is left for the array of " + name);
  nb::gil_scoped_acquire acquire;
  try {
    const nb::object weight = data.weight.empty() ? nb::none() : Vector(Taken(data.weight, data.train_rows));
    const nb::object stopped = nb::cpp_function([context] { return context.ShouldStop(); });
    nb::object predict = (*fit)(Matrix(*data.x, data.train_rows), Vector(Taken(data.y, data.train_rows)), weight,
                                data.num_classes, context.seed, context.SecondsLeft(), stopped);
    model::Fitted fitted;
    fitted.model = std::make_unique<PythonModel>(Hold(std::move(predict)), data.num_classes > 0 ? data.num_classes : 1);
    return fitted;
  } catch (nb::python_error& failure) {
    if (failure.matches(nb::module_::import_("tagwerk._own").attr("OutOfTimeError"))) return app::OwnStopped(name);
    return app::OwnFailed(name, Said(failure));
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& failure) {
    return app::OwnFailed(name, failure.what());
  }
}

const PythonModel* Python(const pipeline::Member& member) {
  return dynamic_cast<const PythonModel*>(member.model.get());
}

}  // namespace

app::OwnLearner OwnLearnerOf(const std::string& name, nb::object fit) {
  Held held = Hold(std::move(fit));
  return {name, [held, name](const Context& context, const model::TrainingData& data) {
            return FitPython(held, name, context, data);
          }};
}

std::vector<std::string> OwnMembers(const pipeline::Pipeline& pipeline) {
  std::vector<std::string> names;
  for (const pipeline::Member& member : pipeline.members)
    if (Python(member) != nullptr) names.push_back(member.learner);
  return names;
}

void RaiseFailures(const pipeline::Pipeline& pipeline) {
  for (const pipeline::Member& member : pipeline.members)
    if (const PythonModel* model = Python(member))
      if (const std::string text = model->TakeFailure(); !text.empty())
        throw std::runtime_error(member.learner + " cannot predict these rows: " + text);
}

}  // namespace tagwerk::python
