/* Loads a model file and predicts one row:
 *   predict_c model.tw distance=1400 carrier=UA time_hour=2013-10-19T18:00:00
 * Columns that are not named are missing. Prints one line per output. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tagwerk/predict.h"

static int Fail(const tw_error* error) {
  fprintf(stderr, "%s\n", error->text);
  return error->exit_code;
}

/* Puts NAME=VALUE into the cell of that input; values are given as text and parsed by the model. */
static int SetCell(const tw_model* model, tw_value* cells, const char* argument) {
  const char* equals = strchr(argument, '=');
  size_t i, length = equals == NULL ? 0 : (size_t)(equals - argument);
  for (i = 0; equals != NULL && i < tw_model_num_inputs(model); ++i) {
    const char* name = tw_model_input_name(model, i);
    if (strlen(name) != length || strncmp(name, argument, length) != 0) continue;
    cells[i].kind = TW_TEXT;
    cells[i].text = equals + 1;
    cells[i].length = strlen(equals + 1);
    return 0;
  }
  fprintf(stderr, "the model has no such column: %s\n", argument);
  return 2;
}

static void Print(const char* name, const tw_value* value) {
  if (value->kind == TW_NUMBER) {
    printf("%s = %.17g\n", name, value->number);
  } else if (value->kind == TW_TEXT) {
    printf("%s = %.*s\n", name, (int)value->length, value->text);
  } else {
    printf("%s =\n", name);
  }
}

int main(int argc, char** argv) {
  tw_error error;
  tw_model* model = NULL;
  tw_value *inputs = NULL, *outputs = NULL;
  size_t i;
  int k, code = 0;
  if (argc < 2) {
    fprintf(stderr, "usage: %s MODEL [COLUMN=VALUE]...\n", argv[0]);
    return 2;
  }
  if (tw_model_load(argv[1], &model, &error) != 0) return Fail(&error);
  inputs = calloc(tw_model_num_inputs(model) + 1, sizeof *inputs); /* all zero: all missing */
  outputs = calloc(tw_model_num_outputs(model), sizeof *outputs);
  if (inputs == NULL || outputs == NULL) code = 5;
  for (k = 2; k < argc && code == 0; ++k) code = SetCell(model, inputs, argv[k]);
  if (code == 0 && tw_predict_row(model, inputs, outputs, &error) != 0) code = Fail(&error);
  for (i = 0; code == 0 && i < tw_model_num_outputs(model); ++i) {
    Print(tw_model_output_name(model, i), &outputs[i]);
  }
  free(inputs);
  free(outputs);
  tw_model_free(model);
  return code;
}
