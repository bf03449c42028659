// Dictionary and its builder: distinct strings in one block of bytes, found by open addressing on XXH3.
#include "base/hash.h"
#include "table/table.h"

namespace tagwerk::table {

std::int32_t Dictionary::Append(std::string_view text) {
  TW_CHECK(offsets_.size() < std::size_t(std::numeric_limits<std::int32_t>::max()));
  bytes_.append(text);
  offsets_.push_back(bytes_.size());
  return size() - 1;
}

// A slot holds code + 1 (0 = free) and the upper half of the hash, so that most unequal entries are
// told apart without touching their bytes. The table is a power of two, at most 5/8 full.
struct DictionaryBuilder::State {
  struct Slot {
    std::uint32_t code_plus_one = 0;
    std::uint32_t tag = 0;
  };

  Dictionary dictionary;
  std::vector<std::uint64_t> hashes;
  std::vector<Slot> slots = std::vector<Slot>(16);

  // Returns the slot of an equal entry, or the free slot where it belongs.
  std::size_t Locate(std::string_view text, std::uint64_t hash) const {
    const std::size_t mask = slots.size() - 1;
    const auto tag = std::uint32_t(hash >> 32);
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      const Slot& slot = slots[i];
      if (slot.code_plus_one == 0) return i;
      if (slot.tag == tag && dictionary.at(std::int32_t(slot.code_plus_one - 1)) == text) return i;
    }
  }

  void Grow() {
    std::vector<Slot> wider(slots.size() * 2);
    const std::size_t mask = wider.size() - 1;
    for (std::size_t code = 0; code < hashes.size(); ++code) {
      std::size_t i = hashes[code] & mask;
      while (wider[i].code_plus_one != 0) i = (i + 1) & mask;
      wider[i] = {std::uint32_t(code + 1), std::uint32_t(hashes[code] >> 32)};
    }
    slots = std::move(wider);
  }
};

DictionaryBuilder::DictionaryBuilder() : state_(std::make_unique<State>()) {}
DictionaryBuilder::~DictionaryBuilder() = default;
DictionaryBuilder::DictionaryBuilder(DictionaryBuilder&&) noexcept = default;
DictionaryBuilder& DictionaryBuilder::operator=(DictionaryBuilder&&) noexcept = default;

std::int32_t DictionaryBuilder::Intern(std::string_view text) {
  State& s = *state_;
  const std::uint64_t hash = HashBytes(text);
  std::size_t slot = s.Locate(text, hash);
  if (s.slots[slot].code_plus_one != 0) return std::int32_t(s.slots[slot].code_plus_one - 1);
  if ((s.hashes.size() + 1) * 8 > s.slots.size() * 5) {
    s.Grow();
    slot = s.Locate(text, hash);
  }
  const std::int32_t code = s.dictionary.Append(text);
  s.hashes.push_back(hash);
  s.slots[slot] = {std::uint32_t(code) + 1, std::uint32_t(hash >> 32)};
  return code;
}

std::optional<std::int32_t> DictionaryBuilder::Find(std::string_view text) const {
  const auto& slot = state_->slots[state_->Locate(text, HashBytes(text))];
  if (slot.code_plus_one == 0) return std::nullopt;
  return std::int32_t(slot.code_plus_one - 1);
}

std::int32_t DictionaryBuilder::size() const { return state_->dictionary.size(); }

std::shared_ptr<const Dictionary> DictionaryBuilder::Finish() && {
  auto done = std::make_shared<const Dictionary>(std::move(state_->dictionary));
  state_ = std::make_unique<State>();
  return done;
}

}  // namespace tagwerk::table
