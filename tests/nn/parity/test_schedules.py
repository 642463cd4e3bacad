"""Schedules beside those of PyTorch."""

import numpy as np
import pytest

from nn import cosine, linear, step_decay, warmup

torch = pytest.importorskip("torch")
schedulers = torch.optim.lr_scheduler

ROWS = {
    "cosine": (
        cosine(0.3, 50),
        lambda sgd: schedulers.CosineAnnealingLR(sgd, T_max=50),
    ),
    "cosine, final": (
        cosine(0.3, 50, final=0.01),
        lambda sgd: schedulers.CosineAnnealingLR(sgd, T_max=50, eta_min=0.01),
    ),
    "step_decay": (
        step_decay(0.3, 7, 0.5),
        lambda sgd: schedulers.StepLR(sgd, step_size=7, gamma=0.5),
    ),
    "linear": (
        linear(0.3, 40, final=0.03),
        lambda sgd: schedulers.LinearLR(sgd, 1.0, 0.1, total_iters=40),
    ),
    "warmup": (
        warmup(0.3, 10),
        lambda sgd: schedulers.LinearLR(sgd, 0.1, 1.0, total_iters=9),
    ),
    "cosine, warmup": (
        cosine(0.3, 50, warmup=10),
        lambda sgd: schedulers.SequentialLR(
            sgd,
            [
                schedulers.LinearLR(sgd, 0.1, 1.0, total_iters=9),
                schedulers.CosineAnnealingLR(sgd, T_max=40),
            ],
            milestones=[10],
        ),
    ),
}


@pytest.mark.filterwarnings("ignore:The epoch parameter")  # PyTorch's own
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_the_rates_of_fifty_steps_are_those_of_pytorch(row):
    schedule, make = row
    sgd = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.3)
    scheduler, wanted = make(sgd), []
    for _ in range(51):
        wanted.append(sgd.param_groups[0]["lr"])
        sgd.step(), scheduler.step()
    ours = [schedule(step) for step in range(51)]
    np.testing.assert_allclose(ours, wanted, rtol=1e-12, atol=1e-15)
