// Bytes of a forest and their checks: after ReadForest every index is in range and every walk ends.
#include <algorithm>
#include <cmath>
#include <limits>

#include "learners/trees/forest_model.h"

namespace tagwerk::learners::trees {

namespace {

constexpr std::uint32_t kFormat = 3;  // 1: no columns whose zeros are missing; 2: no rows of leaves

bool NeedsOneOutput(Transform t) {
  return t == Transform::kIdentity || t == Transform::kMean || (t >= Transform::kExponential && t < Transform::kSorted);
}
bool NeedsTwoOutputs(Transform t) { return t == Transform::kLogistic || t == Transform::kMeanBinary; }

ForestColumn ReadColumn(model::ByteReader& reader, std::size_t columns, std::uint32_t format) {
  ForestColumn c;
  c.column = reader.U32();
  reader.Expect(c.column < columns, "column number");
  c.category = reader.U8() != 0;
  if (format >= 2) c.zero_is_missing = reader.U8() != 0;
  reader.Expect(!c.category || !c.zero_is_missing, "column kind");
  c.gain = reader.F64();
  reader.Expect(std::isfinite(c.gain), "column gain");
  c.thresholds = reader.Doubles();
  c.bin_of_code = reader.U8s();
  reader.Expect(c.category ? c.thresholds.empty() : c.bin_of_code.empty(), "column kind");
  // Code 255 means missing: a 255th threshold must be infinity, above which no value lies.
  const std::size_t m = c.thresholds.size();
  reader.Expect(m <= 254 || (m == 255 && c.thresholds.back() == std::numeric_limits<double>::infinity()),
                "number of thresholds");
  for (std::size_t i = 0; i < m; ++i) {
    const bool ascends = i == 0 ? !std::isnan(c.thresholds[0]) : c.thresholds[i - 1] < c.thresholds[i];
    if (!reader.Expect(ascends, "order of thresholds")) break;
  }
  return c;
}

bool NodeIsSound(const Forest& f, std::size_t root, std::size_t end, std::size_t at) {
  const FlatNode& n = f.nodes[at];
  const std::uint32_t payload = f.payload[at];
  if ((n.flags & kLeafNode) != 0) {
    return n.flags == kLeafNode && root + n.left == at && n.limit == 255 &&
           (n.slot < f.columns.size() || n.slot == 0) && (std::size_t(payload) + 1) * f.width <= f.values.size();
  }
  const bool forward = root + n.left > at && root + n.left + 1 < end;
  if (!forward || n.slot >= f.columns.size()) return false;
  const ForestColumn& column = f.columns[n.slot];
  if ((n.flags & kCategoryNode) != 0) {
    return n.flags == kCategoryNode && column.category && payload < f.sets.size();
  }
  const std::size_t rank = std::size_t(n.limit) - (n.flags & kAddOne);
  // Categories that stand for numbers have ranks, too.
  return n.flags <= kAddOne && rank < (column.category ? std::size_t(kMissingCode) : column.thresholds.size());
}

void CheckTrees(const Forest& f, model::ByteReader& reader) {
  if (!reader.Expect(!f.tree_begin.empty() && f.tree_begin.front() == 0 && f.tree_begin.back() == f.nodes.size() &&
                         f.payload.size() == f.nodes.size(),
                     "tree sizes")) {
    return;
  }
  for (std::size_t t = 0; t < f.trees(); ++t) {
    const std::size_t root = f.tree_begin[t], end = f.tree_begin[t + 1];
    if (!reader.Expect(root < end && end <= f.nodes.size(), "tree sizes")) return;
    for (std::size_t at = root; at < end; ++at) {
      if (!reader.Expect(NodeIsSound(f, root, end, at), "tree node")) return;
    }
  }
}

void CheckArchive(const Forest& f, model::ByteReader& reader) {
  const bool outputs_fit = NeedsOneOutput(f.transform)    ? f.outputs == 1
                           : NeedsTwoOutputs(f.transform) ? f.outputs == 2
                                                          : f.outputs >= 2;
  reader.Expect(outputs_fit, "number of outputs");
  const bool vectors = f.transform == Transform::kMeanClasses || f.transform == Transform::kSoftmax;
  reader.Expect(f.width == 1 || (f.width == f.outputs && vectors), "leaf width");
  reader.Expect(f.start.size() == f.scores(), "start values");
  for (const double v : f.start) reader.Expect(std::isfinite(v), "start value");
  for (const double v : f.values) reader.Expect(std::isfinite(v), "leaf value");
  const auto leaf = [](const FlatNode& n) { return (n.flags & kLeafNode) != 0; };
  reader.Expect(
      f.leaf_cover.empty() || f.leaf_cover.size() == std::size_t(std::count_if(f.nodes.begin(), f.nodes.end(), leaf)),
      "rows of leaves");
  for (const float v : f.leaf_cover) reader.Expect(std::isfinite(v) && v >= 0, "rows of a leaf");
}

}  // namespace

void WriteForest(const Forest& f, model::ByteWriter& writer) {
  writer.U32(kFormat);
  writer.U8(static_cast<std::uint8_t>(f.transform));
  writer.U32(f.outputs);
  writer.U32(f.width);
  writer.Doubles(f.start);
  writer.U64(f.columns.size());
  for (const ForestColumn& c : f.columns) {
    writer.U32(c.column);
    writer.U8(c.category);
    writer.U8(c.zero_is_missing);
    writer.F64(c.gain);
    writer.Doubles(c.thresholds);
    writer.U8s(c.bin_of_code);
  }
  writer.U32s(f.tree_begin);
  std::vector<std::uint32_t> words;
  words.reserve(f.nodes.size() * 2);
  for (const FlatNode& n : f.nodes) {
    words.push_back(n.left);
    words.push_back(std::uint32_t(n.slot) | std::uint32_t(n.limit) << 16 | std::uint32_t(n.flags) << 24);
  }
  writer.U32s(words);
  writer.U32s(f.payload);
  writer.U64(f.sets.size());
  for (const CodeSet& set : f.sets) {
    for (const std::uint64_t word : set) writer.U64(word);
  }
  writer.Doubles(f.values);
  writer.F32s(f.leaf_cover);
}

Result<Forest> ReadForest(model::ByteReader& reader, std::size_t columns) {
  Forest f;
  const std::uint32_t format = reader.U32();
  reader.Expect(format >= 1 && format <= kFormat, "forest format");
  const std::uint8_t transform = reader.U8();
  reader.Expect(transform <= static_cast<std::uint8_t>(Transform::kSorted), "transform");
  f.transform = static_cast<Transform>(transform);
  f.outputs = reader.U32();
  f.width = reader.U32();
  f.start = reader.Doubles();
  const std::uint64_t used = reader.CountOf(4 + 1 + 8 + 8 + 8);
  reader.Expect(used <= 65535, "number of columns");
  for (std::uint64_t i = 0; i < used && reader.ok(); ++i) f.columns.push_back(ReadColumn(reader, columns, format));
  f.tree_begin = reader.U32s();
  const std::vector<std::uint32_t> words = reader.U32s();
  reader.Expect(words.size() % 2 == 0, "nodes");
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    const std::uint32_t w = words[i + 1];
    f.nodes.push_back({words[i], static_cast<std::uint16_t>(w & 0xffff), static_cast<std::uint8_t>(w >> 16),
                       static_cast<std::uint8_t>(w >> 24)});
  }
  f.payload = reader.U32s();
  const std::uint64_t sets = reader.CountOf(32);
  for (std::uint64_t i = 0; i < sets && reader.ok(); ++i) {
    f.sets.push_back({reader.U64(), reader.U64(), reader.U64(), reader.U64()});
  }
  f.values = reader.Doubles();
  if (format >= 3) f.leaf_cover = reader.F32s();
  if (reader.ok()) CheckArchive(f, reader);
  if (reader.ok()) CheckTrees(f, reader);
  if (!reader.ok()) return std::move(reader.Finish("trees/forest")).error();
  return f;
}

}  // namespace tagwerk::learners::trees
