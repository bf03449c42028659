// What a report is made of: tables, figures, sections. Built once from the run document, then written
// as HTML or as Markdown; marks (SVG) exist in HTML only, every number also stands in a table.
#pragma once

#include <string>
#include <vector>

#include "report/inline.h"
#include "report/language.h"

namespace tagwerk::report {

struct Cell {
  Inline text;
  std::string svg;           ///< marks or pill, HTML only; stands after the text
  std::string attributes;    ///< class and style of the cell, ours only
  bool marks_first = false;  ///< marks before the text
};

struct Head {
  Inline text;
  bool right = false;
  bool sortable = true;
  std::string css;  ///< further classes
  std::string svg;  ///< axis below the text
};

struct Row {
  std::vector<Cell> cells;  ///< the first one is the row's header
  std::string css;
  std::string tip;  ///< plain text; repeats what the row says
};

struct Table {
  std::string css;  ///< "", "rows", "rows ladder", "heat" ...
  Inline caption;
  bool sortable = false;
  bool in_box = true;  ///< wide tables scroll inside their own box
  std::vector<Head> heads;
  std::vector<Row> rows;
  bool empty() const { return rows.empty(); }
};

struct Figure {
  std::string css;  ///< "w12", "w7" ...
  Inline title, lede;
  std::string body;          ///< HTML of the picture
  std::vector<Inline> read;  ///< sentences below it
  Table numbers;             ///< under "Numbers and source"
  std::string source;        ///< member of run.json
};

/// A block of the data, search and reproduce parts.
struct Block {
  Inline title, lede;
  std::string html;  ///< shown instead of `tables` in HTML
  std::vector<Table> tables;
  std::vector<Inline> notes;
  bool half = false;  ///< two such blocks stand side by side
};

struct Section {
  std::string id;
  Inline title, lede;
  std::vector<Figure> figures;
  std::vector<Block> blocks;
  bool empty() const { return figures.empty() && blocks.empty(); }
};

/// Appends a number cell (right-aligned) or a text cell.
Cell NumberCell(std::string text);
Cell TextCell(Inline text);
Head TextHead(Inline text);
Head NumberHead(Inline text);

/// A pill: word, shape and colour together. Kinds: bad warn good model info plain.
std::string Pill(std::string_view kind, const std::string& word);
/// The shape of a pill alone: triangle, diamond, tick, dot, ring.
std::string Shape(std::string_view kind);

std::string TableHtml(const Table& table);
std::string FigureHtml(const Figure& figure, const Language& language);
std::string SectionHtml(const Section& section, const Language& language);

std::string TableMarkdown(const Table& table);
std::string SectionMarkdown(const Section& section, const Language& language);

}  // namespace tagwerk::report
