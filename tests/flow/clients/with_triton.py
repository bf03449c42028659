"""Asks a server with NVIDIA's tritonclient; prints what it was told. Arguments: host:port, model, rows (JSON)."""

from __future__ import annotations

import json
import sys

import numpy as np
import tritonclient.http as http
from tritonclient.utils import InferenceServerException

address, model, rows = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
client = http.InferenceServerClient(address)
told = {
    "live": client.is_server_live(),
    "ready": client.is_server_ready(),
    "model_ready": client.is_model_ready(model),
    "server": client.get_server_metadata(),
    "metadata": client.get_model_metadata(model),
}


def tensors(binary):
    made = []
    for column in told["metadata"]["inputs"]:
        cells = [row[column["name"]] for row in rows]
        tensor = http.InferInput(column["name"], [len(rows)], column["datatype"])
        if column["datatype"] == "FP64":
            values = np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float64)
        elif column["datatype"] == "BOOL":
            values = np.array(cells, dtype=bool)
        else:
            values = np.array(["" if cell is None else str(cell) for cell in cells], dtype=np.object_)
        tensor.set_data_from_numpy(values, binary_data=binary)
        made.append(tensor)
    return made


def outputs(binary):
    return [http.InferRequestedOutput(o["name"], binary_data=binary) for o in told["metadata"]["outputs"]]


def values(result):
    out = {}
    for output in told["metadata"]["outputs"]:
        array = result.as_numpy(output["name"])
        out[output["name"]] = [v.decode() if isinstance(v, bytes) else v for v in array.tolist()]
    return out


told["binary"] = values(client.infer(model, tensors(True), outputs=outputs(True), request_id="r1"))
told["binary_in"] = values(client.infer(model, tensors(True), outputs=outputs(False), model_version="1"))
asked = client.async_infer(model, tensors(True), outputs=outputs(True))
told["async"] = values(asked.get_result())
try:
    client.infer(model, tensors(True)[:-1])
    told["fault"] = "none"
except InferenceServerException as fault:
    told["fault"] = f"{fault.status()} {fault.message()}"
print(json.dumps(told))
