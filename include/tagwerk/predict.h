/* Prediction runtime of Tagwerk: loads a model file and predicts rows. Plain C, no exceptions, no
 * global state, no output; links without Arrow, SQLite or HTTP (libtagwerk_predict.so).
 *
 *   tw_model* model;
 *   if (tw_model_load("model.tw", &model, &error) != 0) { fputs(error.text, stderr); ... }
 *   tw_value in[...];                        one per input, in the order of tw_model_input_name
 *   tw_value out[...];                       one per output, in the order of tw_model_output_name
 *   tw_predict_row(model, in, out, &error);
 *   tw_model_free(model);
 *
 * A model is read-only after loading: any number of threads may predict with it at once. */
#ifndef TAGWERK_PREDICT_H_
#define TAGWERK_PREDICT_H_

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define TW_EXPORT
#else
#define TW_EXPORT __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tw_model tw_model;

/* A cell. Text is UTF-8 with its length in bytes and needs no terminating zero. Dates are text
 * (2013-10-19 or 2013-10-19T18:00:00). Numbers where text is expected are written in their shortest form,
 * text where numbers are expected is parsed; what does not convert counts as missing. */
typedef enum tw_kind { TW_NULL = 0, TW_NUMBER = 1, TW_TEXT = 2 } tw_kind;
typedef struct tw_value {
  tw_kind kind;
  double number;    /* TW_NUMBER */
  const char* text; /* TW_TEXT; in outputs it belongs to the model */
  size_t length;    /* TW_TEXT, in bytes */
} tw_value;

/* Filled when a function returns something other than 0. Both members are zero-terminated. */
typedef struct tw_error {
  int exit_code;  /* as the command would return: 2 usage, 3 bad file, 70 internal, ... */
  char id[48];    /* stable slug: "model-damaged" */
  char text[912]; /* what, where, what to do */
} tw_error;

/* Surprises in the rows of one call. */
typedef struct tw_warnings {
  int64_t new_categories; /* cells with a category that training never saw */
  int64_t unparsed;       /* cells that did not convert to the type of training */
} tw_warnings;

/* Each returns 0, or another value and fills *error (which may be NULL). */
TW_EXPORT int tw_model_load(const char* path, tw_model** model, tw_error* error);
TW_EXPORT int tw_model_parse(const void* bytes, size_t size, tw_model** model, tw_error* error);
TW_EXPORT void tw_model_free(tw_model* model); /* NULL is allowed */

/* Names and types live as long as the model. An index out of range gives NULL. Types of inputs: numeric,
 * categorical, ordinal, boolean, datetime, text, id. */
TW_EXPORT size_t tw_model_num_inputs(const tw_model* model);
TW_EXPORT const char* tw_model_input_name(const tw_model* model, size_t index);
TW_EXPORT const char* tw_model_input_type(const tw_model* model, size_t index);
/* Outputs: prediction, then probability[<label>] per class, or lower and upper. */
TW_EXPORT size_t tw_model_num_outputs(const tw_model* model);
TW_EXPORT const char* tw_model_output_name(const tw_model* model, size_t index);
/* The manifest of the model file (tagwerk.model/1) as JSON text. */
TW_EXPORT const char* tw_model_manifest(const tw_model* model);

/* Predicts one row: reads num_inputs values, writes num_outputs values. */
TW_EXPORT int tw_predict_row(const tw_model* model, const tw_value* inputs, tw_value* outputs, tw_error* error);
/* Predicts rows, stored row after row; the same bits as row by row. `warnings` may be NULL. */
TW_EXPORT int tw_predict_batch(const tw_model* model, const tw_value* inputs, size_t num_rows, tw_value* outputs,
                               tw_warnings* warnings, tw_error* error);

#ifdef __cplusplus
}
#endif

#endif /* TAGWERK_PREDICT_H_ */
