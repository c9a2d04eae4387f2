"""crowd-kit's Dawid-Skene on the votes of benches/dawid_skene.rs: as many iterations, and how far the results are apart."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from crowdkit.aggregation import DawidSkene

folder = Path(sys.argv[1])
titer = json.loads((folder / "titer.json").read_text())
votes = pd.read_csv(folder / "votes.csv")
start = time.perf_counter()
# tol=-1: never stop early, so that both make the same number of iterations from the same start (the vote).
fitted = DawidSkene(n_iter=titer["iterations"], tol=-1).fit(votes)
seconds = time.perf_counter() - start

theirs = fitted.probas_.sort_index().sort_index(axis=1).to_numpy()
ours = np.fromfile(folder / "posterior.f64").reshape(theirs.shape)
print(f"crowd-kit  {titer['iterations']} iterations: {seconds:.2f} s")
print(f"ratio      {seconds / titer['one_thread']:.1f} with one thread, {seconds / titer['two_threads']:.1f} with two")
print(f"largest difference of a probability: {np.abs(theirs - ours).max():.2e}")
