"""Asks a server with kserve's Python client; prints what it was told. Arguments: URL, model, rows (JSON)."""

from __future__ import annotations

import asyncio
import json
import sys

import httpx
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig

url, model, rows = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])


async def ask():
    client = InferenceRESTClient(RESTConfig(protocol="v2", retries=0))
    metadata = httpx.get(f"{url}/v2/models/{model}").json()
    inputs = []
    for column in metadata["inputs"]:
        cells = [row[column["name"]] for row in rows]
        inputs.append(InferInput(column["name"], [len(rows)], column["datatype"], data=cells))
    request = InferRequest(model_name=model, request_id="k1", infer_inputs=inputs)
    answer = await client.infer(url, request, model_name=model)
    told = {
        "live": await client.is_server_live(url),
        "ready": await client.is_server_ready(url),
        "model_ready": await client.is_model_ready(url, model_name=model),
        "id": answer.id,
        "outputs": {output.name: output.data for output in answer.outputs},
    }
    try:
        await client.infer(url, InferRequest(model_name=model, infer_inputs=inputs[:-1]), model_name=model)
        told["fault"] = "none"
    except httpx.HTTPStatusError as fault:
        told["fault"] = f"{fault.response.status_code} {fault.response.text}"
    return told


print(json.dumps(asyncio.run(ask())))
