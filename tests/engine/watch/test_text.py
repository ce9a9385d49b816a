from __future__ import annotations

import math
from pathlib import Path

import pytest

from engine.errors import ConfigError
from engine.watch.naming import Naming, canonical
from engine.watch.records import Mishap, Record
from engine.watch.sources.mishaps import classify
from engine.watch.sources.numbers import read_number, read_step
from engine.watch.sources.patterns import PATTERNS, user_patterns
from engine.watch.sources.segments import Segments
from engine.watch.sources.stdin import StdinSource
from engine.watch.sources.steps import EpochSteps
from engine.watch.sources.text import open_text
from tests.engine.watch.writing import Writer, curve, kinds, read_all, read_finished, steps

FAMILIES = [
    ("Epoch 1 | Batch 10 | Loss: 4.567 | LR: 1.00e-07", 10, {"loss": 4.567, "learning_rate": 1e-7}),
    ("INFO:__main__:Epoch 2/20 | Batch 10/998 | Loss: 1.1418", 1008, {"loss": 1.1418}),
    ("Epoch 20/20 | Step 15,964 | Loss: 1.987 | Val Loss: 2.103", 15964, {"loss": 1.987, "eval_loss": 2.103}),
    ("2026-03-01 10:00:00,5 - INFO - Epoch 1/20 | Batch 10 | Loss: nan", 10, {"loss": math.nan}),
    ("[titan] step: 20  loss: 11.5  grad_norm:  9.6  memory: 48.87GiB(5%)  tps: 4,376", 20,
     {"loss": 11.5, "grad_norm": 9.6, "tokens_per_s": 4376.0}),
    ("s:9535 trl:3.34 lr:1e-4 norm:0.2", 9535, {"loss": 3.34, "learning_rate": 1e-4, "grad_norm": 0.2}),
    ("s:9536 tel:3.27", 9536, {"eval_loss": 3.27}),
    ("step:5999/6000 train_loss:3.09 train_time:21ms step_avg:363.36ms", 5999, {"loss": 3.09}),
    ("step:6000/6000 val_loss:3.27", 6000, {"eval_loss": 3.27}),
    ("step 0 | loss: 10.9 | lr: 6e-05 | norm: 0.98 | time: 1917.00ms | tok/sec: 8546.68", 0,
     {"loss": 10.9, "learning_rate": 6e-5, "grad_norm": 0.98, "tokens_per_s": 8546.68}),
    ("iter 10: loss 4.2, time 123.45ms, mfu 12.00%", 10, {"loss": 4.2}),
    ("step 250: train loss 2.5, val loss 2.75", 250, {"eval_loss": 2.75}),
    ("step    1/19560 | loss 11.00 (+nanz)| norm 15.4 (+nanz)| lr 8.57e-07 | 2000 ms", 1,
     {"loss": 11.0, "grad_norm": 15.4, "learning_rate": 8.57e-7}),
    ("Step 7 | loss:1.39 lr:2e-5 tokens_per_second_per_gpu:900", 7, {"loss": 1.39, "tokens_per_s": 900.0}),
    ("1|73|Loss: 1.0595:  29%|##9 | 73/250 [00:30<01:00,  2.00it/s]", 73, {"loss": 1.0595}),
    (("Epoch 0:   0%|   | 189/301501 [59:12<1573:03:24, 18.79s/it, loss=7.75, "
      "reduced_train_loss=7.560, global_step=2e+3]"),
     2000, {"loss": 7.56}),
    ("100%|##########| 40/40 [00:02<00:00, 16.0it/s, loss=0.5]", 40, {"loss": 0.5, "steps_per_s": 16.0}),
    (('2021-03-08 12:31:36 | INFO | train_inner | {"epoch": 1, "loss": "16.4", '
     '"num_updates": "3", "lr": "2e-05", "gnorm": "20.7"}'),
     3, {"loss": 16.4, "learning_rate": 2e-5, "grad_norm": 20.7}),
    ("| epoch 001:    100 / 1000 loss=5.1, ppl=34, wps=100, num_updates=100, lr=0.1, gnorm=0.5", 100,
     {"loss": 5.1, "grad_norm": 0.5}),
    ("| epoch 002 | valid on 'valid' subset | loss 8.7 | ppl 415 | num_updates 414", 414, {"eval_loss": 8.7}),
    ("Train Epoch: 1 [640/60000 (1%)]\tLoss: 2.3", 640, {"loss": 2.3}),
    ("Epoch: [2][ 10/500]\tTime 0.1 (0.1)\tLoss 6.9 (7.0)", 510, {"loss": 6.9}),
    ("Epoch [1/5], Step [100/600], Loss: 0.2345", 100, {"loss": 0.2345}),
    ("Train Summary | Epoch 4 | lr=1.00E+00 | grad_norm=7.085E-01 | ce=4.067", 4, {"loss": 4.067, "grad_norm": 0.7085}),
    ("Batch 30 | Loss: 4.5", 30, {"loss": 4.5}),
    ("2026-01-01 Epoch 1 iter: 5 loss: tensor(3.25, device='cpu')", 5, {"loss": 3.25}),
    ("loss=3.25 at step=12", 12, {"loss": 3.25}),
]  # fmt: skip


@pytest.mark.parametrize(("line", "step", "wanted"), FAMILIES, ids=[line[:40] for line, _, _ in FAMILIES])
def test_each_family_of_lines_is_read(tmp_path: Path, line: str, step: int, wanted: dict[str, float]) -> None:
    path = tmp_path / "train.log"
    path.write_text(f"a banner\n{line}\n")
    (record,) = read_finished(open_text(path)).records
    assert record.step == step
    assert {name: record.values.get(name) for name in wanted} == pytest.approx(wanted, nan_ok=True)


PROSE = [
    "Namespace(lr=0.0001, batch_size=4, max_steps=1000, loss='ce')",
    "loading step 3 of the pipeline",
    "step: 5 done",
    "Loss function: CrossEntropyLoss",
    "aux loss: 3.0 is reported at step 12 only",
]


@pytest.mark.parametrize("line", PROSE)
def test_prose_and_settings_are_no_metrics_and_are_counted(tmp_path: Path, line: str) -> None:
    path = tmp_path / "train.log"
    path.write_text(f"{line}\n")
    source = open_text(path)
    assert read_finished(source).records == ()
    assert (source.status().lines, source.status().unparsed) == (1, 1)
    assert source.status().sample_unparsed == line


def test_composers_blocks_are_one_record_each(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_text(
        "[batch=1/100]:\n\t Train LanguageCrossEntropy: 10.9\n\t Train loss/train/total: 11.5\n"
        "0: [batch=2/100]:\n0:     Train loss/train/total: 11.25\n"
        "[epoch=0][batch=3/100]: lr-DecoupledSGDW/group0: 0.0061\n[epoch=0][batch=3/100]: loss/train/total: 11.0\n"
        "[batch=4/100]:  Train loss/train/total: 10.5    Train metrics/train/LanguagePerplexity: 1.9\n"
    )
    source = open_text(path)
    batch = read_finished(source)
    assert curve(batch.records) == [(1, 11.5), (2, 11.25), (3, 11.0), (4, 10.5)]
    assert batch.records[0].values["LanguageCrossEntropy"] == 10.9
    assert batch.records[2].values["learning_rate"] == 0.0061
    assert source.status().format == "composer"
    assert any("loss/train/total counts as the loss" in note for note in batch.notes)


def test_an_open_block_is_told_once_the_log_is_quiet(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_text("[batch=1/100]:\n  Train loss/train/total: 11.5\n")
    source = open_text(path)
    assert source.poll().records == ()
    assert steps(source.poll().records) == [1]


def test_carriage_returns_of_a_progress_bar_are_lines(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    bars = [f"{n}0%|#  | {n}/10 [00:01<00:09, 1.0it/s, loss={9 - n}.5]" for n in range(1, 4)]
    path.write_text("\r".join(["", *bars, ""]))
    assert curve(read_finished(open_text(path)).records) == [(1, 8.5), (2, 7.5), (3, 6.5)]


def test_a_log_is_read_while_a_program_writes_it_is_killed_and_starts_again(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    source = open_text(path)
    with Writer(path) as writer:
        for step in (10, 20, 30):
            writer.write(b"Epoch 1 | Batch %d | Loss: 4.%d | LR: 1e-4\n" % (step, 90 - step))
        first = read_all(source)
        writer.write(b"Epoch 1 | Batch 40 | Lo")
        assert not read_all(source).records
    with Writer(path) as writer:
        writer.write(b"\nResuming from checkpoint last.ckpt\n")
        for step in (20, 30, 40):
            writer.write(b"Epoch 1 | Batch %d | Loss: 3.%d | LR: 1e-4\n" % (step, 90 - step))
        second = read_all(source)
    assert [(r.segment, r.step) for r in (*first.records, *second.records)] == [
        (0, 10), (0, 20), (0, 30), (1, 20), (1, 30), (1, 40),
    ]  # fmt: skip


BAR = "Epoch 0: 50%|##  | {at}/20 [00:01<00:01, 80.0it/s, train_loss={loss}]\r"


@pytest.mark.parametrize(
    ("last", "told"),
    [([(7, 0.5)], [5, 6, 7]), ([(7, 0.75)], [5, 6]), ([(7, 0.75), (7, 0.5)], [5, 6, 7])],
    ids=["its loss was drawn", "it moved on and was killed", "it moved on and its loss was drawn"],
)
@pytest.mark.parametrize("resume", ["Restored all states from the checkpoint at last.ckpt\n", "no word of it\n"])
def test_what_a_bar_showed_last_belongs_to_the_start_that_drew_it(
    tmp_path: Path, last: list[tuple[int, float]], told: list[int], resume: str
) -> None:
    path = tmp_path / "train.log"
    before = "".join(BAR.format(at=at, loss=loss) for at, loss in [(5, 0.25), (6, 0.25), (6, 0.75), *last])
    after = "".join(BAR.format(at=at, loss=at / 8) for at in range(3, 9))
    path.write_text(before + resume + after)  # as read at once: no quiet moment between the kill and the next start
    records = read_finished(open_text(path)).records
    assert [record.step for record in records if record.segment == 0] == told
    assert [record.step for record in records if record.segment == 1] == [*range(3, 9)]
    assert {record.segment for record in records} == {0, 1}


def test_train_and_eval_lines_of_different_shapes_are_both_read(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_text(
        "step 10 | loss 4.5\nvalidation loss: 4.75\nstep 20 | loss 4.25\nstep 20: train loss 4.0, val loss 4.5\n"
    )
    records = read_finished(open_text(path)).records
    assert curve(records) == [(10, 4.5), (20, 4.25)]
    assert curve(records, "eval_loss") == [(10, 4.75), (20, 4.5)]


def test_what_fairseq_says_of_an_epoch_at_its_end_is_its_mean_and_no_step(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    step = "2026-03-01 10:00:00 | INFO | train_inner | epoch 001:  {at} / 200 loss=5.5, num_updates={at}, gnorm=0.5\n"
    mean = "2026-03-01 11:00:00 | INFO | train | epoch 001 | loss 9.1 | num_updates 200 | lr 0.1 | gnorm inf | ups 2\n"
    path.write_text(step.format(at=100) + step.format(at=200) + mean)
    records = read_all(open_text(path)).records
    assert curve(records) == [(100, 5.5), (200, 5.5)]
    assert curve(records, "grad_norm") == [(100, 0.5), (200, 0.5)]
    assert curve(records, "epoch_mean/loss") == [(200, 9.1)]
    assert curve(records, "epoch_mean/gnorm") == [(200, math.inf)]
    assert curve(records, "learning_rate") == [(200, 0.1)], "no mean: what it was at the end"


def test_a_long_log_gives_the_same_records_as_the_same_lines_one_by_one(tmp_path: Path) -> None:
    lines = [f"worker {n} of 8 has loaded its shard into memory" for n in range(20_000)]
    for n in range(0, 20_000, 100):
        lines[n] = f"step: {n} loss: {4 - n * 1e-5:.5f} lr: 1e-4"
    lines[15_050:15_050] = [
        "Traceback (most recent call last):",
        '  File "a.py", line 1, in f',
        "    loss = step(1)",
        "ValueError: no",
    ]
    path, grown = tmp_path / "whole.log", tmp_path / "grown.log"
    path.write_text("\n".join(lines) + "\n")
    whole = read_finished(open_text(path))
    source = open_text(grown)
    records: list[Record] = []
    told: list[Mishap] = []
    with grown.open("a") as log:
        for start in range(0, len(lines), 500):
            log.write("\n".join(lines[start : start + 500]) + "\n")
            log.flush()
            batch = read_all(source)
            records += batch.records
            told += batch.mishaps
    assert steps(whole.records) == list(range(0, 20_000, 100)) == steps(records)
    assert kinds(whole.mishaps) == kinds(told) == ["traceback"]
    assert source.status().lines == len(lines)
    assert source.status().unparsed == len(lines) - 200


def test_a_users_pattern_comes_first_and_its_groups_are_the_metrics(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_text("tick=7 err=0.5 lr 3\n")
    mine = user_patterns({"mine": r"tick=(?P<step>\d+) err=(?P<loss>\S+)"})
    source = open_text(path, patterns=(*mine, *PATTERNS))
    (record,) = read_finished(source).records
    assert (record.step, dict(record.values)) == (7, {"loss": 0.5})
    assert source.status().format == "mine"


@pytest.mark.parametrize(
    ("regex", "told"),
    [
        ("(", "is not a regular expression"),
        (r"loss (\d+)", "has no named group"),
        (r"(?P<loss>\d+)", "no step, batch or epoch"),
        (r"(?P<step>\d+)", "no metric"),
        (r"(?P<step>\d*)(?P<loss>\d*)", "matches an empty line"),
    ],
)
def test_a_users_pattern_that_cannot_work_is_refused_with_its_reason(regex: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        user_patterns({"mine": regex})
    assert "mine" in str(caught.value)
    assert "wanted" in str(caught.value)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.", "out of memory"),
        ("RuntimeError: CUDA out of memory. Tried to allocate 20 MiB", "out of memory"),
        ("[12345.6] Out of memory: Killed process 4242 (python)", "out of memory"),
        ("train.py exited with code 137", "out of memory"),
        ("Killed", "out of memory"),
        ("Failed to save checkpoint: [Errno 28] No space left on device", "checkpoint not saved"),
        ("could not save the model: PermissionError", "checkpoint not saved"),
        ("NOTE: gradient overflow detected, ignoring gradient, setting loss scale to: 2.0", "gradient overflow"),
        ("Gradient overflow.  Skipping step, loss scaler 0 reducing loss scale to 32768.0", "gradient overflow"),
        (
            "[deepspeed] OVERFLOW! Rank 0 Skipping step. Attempted loss scale: 65536, reducing to 32768",
            "gradient overflow",
        ),
        ("slurmstepd: error: *** JOB 5 ON n1 CANCELLED AT 2026-01-01T00:00:00 DUE TO PREEMPTION ***", "interrupted"),
        ("Received SIGTERM, saving and leaving", "interrupted"),
        ("oom_score_adj: 500", None),
        ('{"overflow": false, "save_on_error": true}', None),
        ("if you run out of memory, lower the batch size", None),
        ("memory: 48.87GiB, exit_code_on_nan: 3", None),
        ("Saving checkpoint to last.pt", None),
        ("registered SIGTERM handler", None),
        ("exited with code 0", None),
    ],
)
def test_trouble_is_told_and_its_false_friends_are_not(line: str, kind: str | None) -> None:
    found = classify(line)
    assert (None if found is None else str(found)) == kind


def test_a_traceback_is_one_mishap_told_by_its_exception_across_polls_and_ranks(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    source = open_text(path)
    with Writer(path) as writer:
        writer.write(b"step: 5 loss: 4.5\n[rank0]: Traceback (most recent call last):\n")
        assert read_all(source).mishaps == ()
        writer.write(b'[rank0]:   File "train.py", line 3, in main\n[rank0]:     loss = model(step=9, loss=3)\n')
        writer.write(b"[rank0]: ValueError: shapes differ\nstep: 6 loss: 4.25\n")
        batch = read_all(source)
    (mishap,) = batch.mishaps
    assert (str(mishap.kind), mishap.step) == ("traceback", 5)
    assert "ValueError: shapes differ" in mishap.text
    assert steps(batch.records) == [6]


@pytest.mark.parametrize(
    ("frame", "last", "kind"),
    [
        ("loss.backward()", "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1 GiB", "out of memory"),
        ("torch.save(state, path)", "PermissionError: [Errno 13] Permission denied: 'last.pt'", "checkpoint not saved"),
        ("torch.save(state, path)", "OSError: [Errno 28] No space left on device", "checkpoint not saved"),
        ("open(index)", "PermissionError: [Errno 13] Permission denied: 'index'", "traceback"),
        ("step()", "KeyboardInterrupt", "interrupted"),
    ],
)
def test_a_traceback_is_what_its_exception_is(tmp_path: Path, frame: str, last: str, kind: str) -> None:
    path = tmp_path / "train.log"
    path.write_text(f'Traceback (most recent call last):\n  File "t.py", line 1, in f\n    {frame}\n{last}\n')
    assert kinds(read_finished(open_text(path)).mishaps) == [kind]


def test_an_overflow_tells_the_new_loss_scale(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_text(
        "step: 5 loss: 4.5\nNOTE: gradient overflow detected, ignoring gradient, setting loss scale to: 2.0\n"
    )
    batch = read_finished(open_text(path))
    assert curve(batch.records, "loss_scale") == [(5, 2.0)]
    assert kinds(batch.mishaps) == ["gradient overflow"]


def test_one_process_of_many_is_listened_to(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_text(
        "".join(f"[rank{rank}]: step: {step} loss: {step + rank}.5\n" for step in (1, 2, 3) for rank in (0, 1))
    )
    records = read_finished(open_text(path)).records
    assert curve(records) == [(1, 1.5), (2, 2.5), (3, 3.5)]
    assert {record.segment for record in records} == {0}


def test_standard_input_is_read_without_waiting(tmp_path: Path) -> None:
    import os

    out, into = os.pipe()
    try:
        source = StdinSource(out)
        assert not source.poll()
        os.write(into, b"{'loss': 4.5, 'epoch': 0.5}\nstep: 9")
        assert not source.poll().records  # the first line waits for a second to tell how far apart they are
        assert curve(source.poll().records) == [(1, 4.5)]
        os.write(into, b" loss: 4.25\n")
        assert curve(read_all(source).records) == [(9, 4.25)]
        os.close(into)
        assert not source.poll()
        assert source.pipe.ended
    finally:
        os.close(out)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4.567", 4.567),
        ("1e-7", 1e-7),
        ("-Infinity", -math.inf),
        ("inf", math.inf),
        ("15,964", 15964.0),
        ("2e+3", 2000.0),
    ],
)
def test_numbers_are_read_as_trainers_print_them(text: str, value: float) -> None:
    assert read_number(text) == value


def test_nan_is_a_number_here_and_words_are_none() -> None:
    assert math.isnan(read_number("NaN") or 0)
    assert read_number("nanz") is None
    assert read_number("1,5") is None
    assert [read_step(value) for value in (188.0, 2e3, 1.5, -1.0, math.nan, None)] == [
        188,
        2000,
        None,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("raw", "known"),
    [
        ("train/loss", "loss"), ("train_loss", "loss"), ("loss/train/total", "loss"), ("ce", "loss"), ("Loss", "loss"),
        ("reduced_train_loss", "loss"), ("metrics/train/LanguageCrossEntropy", "loss"), ("val_loss", "eval_loss"),
        ("eval/loss", "eval_loss"), ("valid_ce", "eval_loss"), ("metrics/eval/LanguageCrossEntropy", "eval_loss"),
        ("LR", "learning_rate"), ("lr-DecoupledSGDW/group0", "learning_rate"), ("train/learning_rate", "learning_rate"),
        ("gnorm", "grad_norm"), ("norm", "grad_norm"), ("train/grad_norm", "grad_norm"),
        ("l2_norm/grad/global", "grad_norm"),
        ("grad_scale", "loss_scale"), ("wps", "tokens_per_s"), ("aux_loss", None), ("kl_loss", None),
        ("loss_scale", "loss_scale"),
        ("lr_scale", None), ("entropy", None), ("best_loss", None), ("accuracy", None),
    ],
)  # fmt: skip
def test_names_are_known_only_whole(raw: str, known: str | None) -> None:
    assert canonical(raw) == known


def test_which_loss_counts_is_chosen_once_and_told() -> None:
    naming = Naming("run")
    assert naming.rename({"loss": 7.75, "reduced_train_loss": 7.5}) == {"loss (as logged)": 7.75, "loss": 7.5}
    assert naming.rename({"loss": 7.0}) == {"loss (as logged)": 7.0}
    assert len(naming.notes()) == 1
    assert naming.notes() == ()


def test_a_loss_under_a_new_name_is_not_lost_when_the_old_one_has_stopped() -> None:
    naming = Naming("run")
    naming.rename({"loss": 4.0})
    renamed = [naming.rename({"train_loss": 3.0}) for _ in range(150)]
    assert renamed[0] == {"train_loss": 3.0}
    assert renamed[-1] == {"loss": 3.0}


def test_steps_of_epochs_never_go_back() -> None:
    learnt, told, whole = EpochSteps(), EpochSteps(), EpochSteps()
    assert [learnt.at(epoch, batch) for epoch in (1, 2, 3) for batch in (10, 20, 25)] == [
        10,
        20,
        25,
        35,
        45,
        50,
        60,
        70,
        75,
    ]
    assert [told.at(epoch, 10, 100) for epoch in (1, 2, 3)] == [10, 110, 210]
    assert [whole.at(1, 10), whole.at(1, 20), whole.at(2, 30), whole.at(3, 40)] == [10, 20, 30, 40]
    assert learnt.at(2, 10) == 35


def test_repeated_rows_are_no_news_and_a_step_back_is_a_new_segment() -> None:
    segments = Segments()
    rows = [(step, {"loss": float(step)}) for step in (1, 2, 3)]
    assert [segments.place(*row) for row in rows] == [0, 0, 0]
    assert [segments.place(*row) for row in rows] == [None, None, None]
    assert segments.place(2, {"loss": 9.0}) == 1
    segments.reread()
    assert [segments.place(*row) for row in (*rows, (2, {"loss": 9.0}))] == [None] * 4
    assert segments.place(3, {"loss": 8.0}) == 1
    assert segments.place(2, {"eval_loss": 5.0}) == 1
