#include "io/xml.h"

#include <expat.h>
#include <fmt/format.h>

#include <new>
#include <optional>

namespace tagwerk::io {
namespace {

constexpr int kMaxXmlDepth = 100;
constexpr std::uint64_t kLongestTag = 8 << 20;  // expat holds a tag whole

std::string_view Local(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

}  // namespace

struct XmlParser::State {
  std::string path;
  XmlHandler* handler = nullptr;
  XML_Parser parser = nullptr;
  std::optional<Error> fault;
  int depth = 0;
  std::uint64_t fed = 0;

  void Stop(Error error) {
    if (!fault) fault = std::move(error);
    XML_StopParser(parser, XML_FALSE);
  }
  Error Bad(const std::string& what) const {
    return Error(Code::kInvalidData, "workbook-unreadable", "workbook is damaged: " + what)
        .In(path)
        .Do("open it in the program that wrote it and save it again, or export CSV");
  }
  // What a handler throws (memory) must not cross the frames of a C library.
  template <class Body>
  void Guarded(Body body) {
    if (fault) return;
    try {
      if (Status status = body(); !status) Stop(std::move(status).error());
    } catch (const std::bad_alloc&) {
      Stop(Error(Code::kResourceExhausted, "memory-limit", "no memory to read the workbook").In(path));
    }
  }
};

namespace {

XmlParser::State& StateOf(void* user) { return *static_cast<XmlParser::State*>(user); }

void OnStart(void* user, const XML_Char* name, const XML_Char** attributes) {
  XmlParser::State& state = StateOf(user);
  state.Guarded([&]() -> Status {
    if (++state.depth > kMaxXmlDepth) return state.Bad("tags nest too deep");
    return state.handler->Start(Local(name), XmlAttributes(attributes));
  });
}

void OnEnd(void* user, const XML_Char* name) {
  XmlParser::State& state = StateOf(user);
  --state.depth;
  state.Guarded([&] { return state.handler->End(Local(name)); });
}

void OnText(void* user, const XML_Char* text, int length) {
  XmlParser::State& state = StateOf(user);
  state.Guarded([&]() -> Status {
    state.handler->Text({text, std::size_t(length)});
    return Ok();
  });
}

void OnDocumentType(void* user, const XML_Char*, const XML_Char*, const XML_Char*, int) {
  XmlParser::State& state = StateOf(user);
  state.Stop(state.Bad("it declares a document type, which workbooks do not have"));
}

}  // namespace

std::string_view XmlAttributes::Get(std::string_view name) const {
  for (const char** pair = pairs_; *pair != nullptr; pair += 2) {
    if (Local(pair[0]) == name) return pair[1];
  }
  return {};
}

XmlParser::XmlParser(std::string path, XmlHandler& handler) : state_(std::make_unique<State>()) {
  state_->path = std::move(path);
  state_->handler = &handler;
  state_->parser = XML_ParserCreate(nullptr);
  if (state_->parser == nullptr) throw std::bad_alloc();
  XML_SetUserData(state_->parser, state_.get());
  XML_SetElementHandler(state_->parser, OnStart, OnEnd);
  XML_SetCharacterDataHandler(state_->parser, OnText);
  XML_SetStartDoctypeDeclHandler(state_->parser, OnDocumentType);
}

XmlParser::~XmlParser() {
  if (state_->parser != nullptr) XML_ParserFree(state_->parser);
}

Status XmlParser::Feed(std::string_view piece) {
  State& state = *state_;
  constexpr std::size_t kPiece = 1 << 20;
  while (!piece.empty()) {
    const std::string_view part = piece.substr(0, kPiece);
    piece.remove_prefix(part.size());
    const XML_Status status = XML_Parse(state.parser, part.data(), int(part.size()), 0);
    if (state.fault) return *state.fault;
    if (status != XML_STATUS_OK) {
      return state.Bad(fmt::format("{} at line {}", XML_ErrorString(XML_GetErrorCode(state.parser)),
                                   XML_GetCurrentLineNumber(state.parser)));
    }
    state.fed += part.size();
    const XML_Index seen = XML_GetCurrentByteIndex(state.parser);
    if (seen >= 0 && state.fed > std::uint64_t(seen) + kLongestTag) return state.Bad("a tag is longer than 8 MB");
  }
  return Ok();
}

Status XmlParser::Finish() {
  State& state = *state_;
  const XML_Status status = XML_Parse(state.parser, "", 0, 1);
  if (state.fault) return *state.fault;
  if (status != XML_STATUS_OK) return state.Bad(XML_ErrorString(XML_GetErrorCode(state.parser)));
  return Ok();
}

Status ParseXml(const std::string& path, std::string_view text, XmlHandler& handler) {
  XmlParser parser(path, handler);
  TW_RETURN_IF_ERROR(parser.Feed(text));
  return parser.Finish();
}

}  // namespace tagwerk::io
