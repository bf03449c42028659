#include "report/element.h"

namespace tagwerk::report {

namespace {

std::string HeadHtml(const Head& head, bool table_sortable) {
  std::string css = head.right ? "r" : "";
  if (!head.css.empty()) css += (css.empty() ? "" : " ") + head.css;
  std::string out = head.text.empty() && head.svg.empty() ? "<td" : "<th scope=\"col\"";
  const bool empty = head.text.empty() && head.svg.empty();
  if (!css.empty()) out += " class=\"" + css + "\"";
  if (table_sortable && !head.sortable) out += " data-nosort";
  return out + ">" + Html(head.text) + head.svg + (empty ? "</td>" : "</th>");
}

std::string CellHtml(const Cell& cell, bool header) {
  std::string out = header ? "<th scope=\"row\"" : "<td";
  if (!cell.attributes.empty()) out += " " + cell.attributes;
  const std::string text = Html(cell.text);
  const std::string gap = !text.empty() && !cell.svg.empty() ? " " : "";
  out += ">" + (cell.marks_first ? cell.svg + gap + text : text + gap + cell.svg);
  return out + (header ? "</th>" : "</td>");
}

std::string ReadHtml(const std::vector<Inline>& read) {
  std::string out;
  for (const Inline& sentence : read)
    if (!sentence.empty()) out += (out.empty() ? "" : " ") + Html(sentence);
  return out.empty() ? "" : "<p class=\"read\">" + out + "</p>";
}

std::string BlockHtml(const Block& block) {
  std::string out = block.half ? "<div>" : "<div class=\"block\">";
  if (!block.title.empty()) out += "<h3>" + Html(block.title) + "</h3>";
  if (!block.lede.empty()) out += "<p class=\"lede\">" + Html(block.lede) + "</p>";
  if (!block.html.empty()) {
    out += block.html;
  } else {
    for (const Table& table : block.tables) out += TableHtml(table);
  }
  for (const Inline& note : block.notes)
    if (!note.empty()) out += "<p class=\"note\">" + Html(note) + "</p>";
  return out + "</div>\n";
}

std::string MarkdownCell(const Cell& cell) {
  std::string text = Markdown(cell.text);
  return text.empty() ? " " : text;
}

}  // namespace

Cell NumberCell(std::string text) { return {Plain(std::move(text)), "", "class=\"r\"", false}; }
Cell TextCell(Inline text) { return {std::move(text), "", "", false}; }
Head TextHead(Inline text) { return {std::move(text), false, true, "", ""}; }
Head NumberHead(Inline text) { return {std::move(text), true, true, "", ""}; }

std::string Shape(std::string_view kind) {
  std::string inner;
  if (kind == "bad")
    inner = "<path d=\"M5 .6 9.7 9.2H.3z\" fill=\"currentColor\"/>";
  else if (kind == "warn")
    inner = "<path d=\"M5 0 10 5 5 10 0 5z\" fill=\"currentColor\"/>";
  else if (kind == "good")
    inner = "<path d=\"m1 5.4 2.8 2.8L9.2 1.8\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.8\"/>";
  else if (kind == "model")
    inner = "<circle cx=\"5\" cy=\"5\" r=\"4.4\" fill=\"currentColor\"/>";
  else if (kind == "info")
    inner = "<circle cx=\"5\" cy=\"5\" r=\"4\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.6\"/>";
  else
    return "";
  return "<svg viewBox=\"0 0 10 10\" aria-hidden=\"true\">" + inner + "</svg>";
}

std::string Pill(std::string_view kind, const std::string& word) {
  return "<span class=\"pill " + std::string(kind) + "\">" + Shape(kind) + Escape(word) + "</span>";
}

std::string TableHtml(const Table& table) {
  if (table.empty()) return "";
  std::string out = table.in_box ? "<div class=\"scroll\" tabindex=\"0\" role=\"group\">" : "";
  out += table.css.empty() ? "<table" : "<table class=\"" + table.css + "\"";
  out += table.sortable ? " data-sort>" : ">";
  if (!table.caption.empty()) out += "<caption class=\"vh\">" + Html(table.caption) + "</caption>";
  if (!table.heads.empty()) {
    out += "<thead><tr>";
    for (const Head& head : table.heads) out += HeadHtml(head, table.sortable);
    out += "</tr></thead>";
  }
  out += "<tbody>";
  for (const Row& row : table.rows) {
    out += "<tr";
    if (!row.css.empty()) out += " class=\"" + row.css + "\"";
    if (!row.tip.empty()) out += " data-tip=\"" + Escape(Shorten(row.tip, 300)) + "\"";
    out += ">";
    for (std::size_t i = 0; i < row.cells.size(); ++i) out += CellHtml(row.cells[i], i == 0);
    out += "</tr>";
  }
  out += "</tbody></table>";
  return out + (table.in_box ? "</div>" : "");
}

std::string FigureHtml(const Figure& figure, const Language& language) {
  std::string out = "<figure class=\"fig" + (figure.css.empty() ? "" : " " + figure.css) + "\">";
  out += "<h3>" + Html(figure.title) + "</h3>";
  if (!figure.lede.empty()) out += "<p>" + Html(figure.lede) + "</p>";
  out += figure.body + ReadHtml(figure.read);
  if (!figure.numbers.empty()) {
    Table numbers = figure.numbers;
    numbers.sortable = true;
    out += "<details><summary>" + Html(language.Fill("figure.numbers")) + "</summary>" + TableHtml(numbers);
    if (!figure.source.empty())
      out += "<p>" + Html(language.Fill("figure.source", {{"member", figure.source}})) + "</p>";
    out += "</details>";
  }
  return out + "</figure>\n";
}

std::string SectionHtml(const Section& section, const Language& language) {
  if (section.empty()) return "";
  std::string out = "<section class=\"part\" id=\"" + section.id + "\" aria-labelledby=\"h-" + section.id +
                    "\"><div class=\"wrap\"><h2 id=\"h-" + section.id + "\">" + Html(section.title) + "</h2>";
  if (!section.lede.empty()) out += "<p class=\"muted partlede\">" + Html(section.lede) + "</p>";
  if (!section.figures.empty()) {
    out += "<div class=\"figs\">\n";
    for (const Figure& figure : section.figures) out += FigureHtml(figure, language);
    out += "</div>";
  }
  for (std::size_t i = 0; i < section.blocks.size(); ++i) {
    const bool pair = section.blocks[i].half && i + 1 < section.blocks.size() && section.blocks[i + 1].half;
    if (pair) {
      out += "<div class=\"two block\">" + BlockHtml(section.blocks[i]) + BlockHtml(section.blocks[i + 1]) + "</div>";
      ++i;
    } else {
      Block whole = section.blocks[i];
      whole.half = false;
      out += BlockHtml(whole);
    }
  }
  return out + "</div></section>\n";
}

std::string TableMarkdown(const Table& table) {
  if (table.empty()) return "";
  const std::size_t columns = table.heads.empty() ? table.rows.front().cells.size() : table.heads.size();
  std::vector<bool> shown(columns, false);  // columns that hold marks only have nothing to say here
  for (std::size_t i = 0; i < columns; ++i)
    for (const Row& row : table.rows) shown[i] = shown[i] || (i < row.cells.size() && !row.cells[i].text.empty());
  std::string head = "|";
  std::string rule = "|";
  for (std::size_t i = 0; i < columns; ++i) {
    if (!shown[i]) continue;
    const bool right = i < table.heads.size() && table.heads[i].right;
    head += " " + (i < table.heads.size() ? Markdown(table.heads[i].text) : "") + " |";
    rule += right ? "---:|" : "---|";
  }
  std::string out = head + "\n" + rule + "\n";
  for (const Row& row : table.rows) {
    out += "|";
    for (std::size_t i = 0; i < columns && i < row.cells.size(); ++i)
      if (shown[i]) out += " " + MarkdownCell(row.cells[i]) + " |";
    out += "\n";
  }
  return out + "\n";
}

std::string SectionMarkdown(const Section& section, const Language& language) {
  if (section.empty()) return "";
  std::string out = "## " + Markdown(section.title) + "\n\n";
  if (!section.lede.empty()) out += Markdown(section.lede) + "\n\n";
  int number = 0;
  for (const Figure& figure : section.figures) {
    out += "### " + std::to_string(++number) + ". " + Markdown(figure.title) + "\n\n";
    for (const Inline& sentence : figure.read)
      if (!sentence.empty()) out += Markdown(sentence) + "\n\n";
    out += TableMarkdown(figure.numbers);
    if (!figure.source.empty()) out += Markdown(language.Fill("figure.source", {{"member", figure.source}})) + "\n\n";
  }
  for (const Block& block : section.blocks) {
    if (!block.title.empty()) out += "### " + Markdown(block.title) + "\n\n";
    if (!block.lede.empty()) out += Markdown(block.lede) + "\n\n";
    for (const Table& table : block.tables) out += TableMarkdown(table);
    for (const Inline& note : block.notes)
      if (!note.empty()) out += Markdown(note) + "\n\n";
  }
  return out;
}

}  // namespace tagwerk::report
