"""The peer: BentoML with a service of one method. PEER_MODEL names the text model."""

import os

import bentoml
import lightgbm
import numpy as np


@bentoml.service
class Model:
    def __init__(self) -> None:
        self.model = lightgbm.Booster(model_file=os.environ["PEER_MODEL"])

    @bentoml.api
    def infer(self, rows: list[list[float]]) -> list[float]:
        return self.model.predict(np.asarray(rows, dtype=np.float64), num_threads=1).tolist()
