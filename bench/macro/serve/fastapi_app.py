"""The peer: FastAPI + LightGBM, answering the Open Inference Protocol's form. PEER_MODEL names the text model."""

import os

import lightgbm
import numpy as np
from fastapi import FastAPI, Request

app = FastAPI()
model = lightgbm.Booster(model_file=os.environ["PEER_MODEL"])


@app.post("/v2/models/m/infer")
async def infer(request: Request):
    body = await request.json()
    tensor = body["inputs"][0]
    rows = np.asarray(tensor["data"], dtype=np.float64).reshape(tensor["shape"])
    scores = model.predict(rows, num_threads=1)
    return {
        "model_name": "m",
        "model_version": "1",
        "outputs": [{"name": "score", "datatype": "FP64", "shape": [len(scores)], "data": scores.tolist()}],
    }
