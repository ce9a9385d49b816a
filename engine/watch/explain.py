"""What the rules in force are: id, what each looks at, thresholds, window, level, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.watch.scale import Setting
from engine.watch.thresholds import Rules


@dataclass(frozen=True, slots=True)
class Explained:
    """One rule in words."""

    rule: str
    looks_at: str
    thresholds: str
    window: str
    level: str
    advice: str
    on: bool = True


def explain(rules: Rules, setting: Setting | None = None) -> tuple[Explained, ...]:
    """Say what R1 to R12 do with the numbers in force."""
    told = (*_levels(rules, setting or Setting()), *_shapes(rules), *_machine(rules))
    return tuple(Explained(*row, on=not set(row[0].split("/")) <= set(rules.off)) for row in told)


def explain_text(rules: Rules, setting: Setting | None = None, others: Iterable[Explained] = ()) -> str:
    """Write the rules for a terminal; ``others`` are rules from elsewhere (GPU, money, Spot, checkpoints)."""
    setting = setting or Setting()
    mode = setting.mode or "inferred from the first losses"
    card = f"{setting.card:,}, guessing costs {setting.guess:.2f}" if setting.guess is not None else "not told"
    standing = rules.standing
    lines = [
        f"Logged losses are multiplied by {setting.scale:g}. Mode: {mode}. Vocabulary or codebook: {card}.",
        (
            f"An alert rises at once and falls after {standing.clear_records} quiet records or {standing.clear_s:g} s; "
            f"reds of {', '.join(standing.latched)} stay until they are acknowledged."
        ),
    ]
    for each in (*explain(rules, setting), *others):
        state = "" if each.on else " (off)"
        lines += [
            "",
            f"{each.rule}{state}: {each.looks_at}",
            f"  {each.level}: {each.thresholds}",
            f"  over {each.window}. {each.advice}",
        ]
    return "\n".join(lines) + "\n"


Row = tuple[str, str, str, str, str, str]


def _levels(rules: Rules, setting: Setting) -> tuple[Row, ...]:
    finite, high = rules.nonfinite, rules.absolute
    guess = (
        f"ln {setting.card} + {high.guess_margin:g}" if setting.card else f"ln(card) + {high.guess_margin:g}, if told"
    )
    return (
        ("R1", "training and validation loss", "NaN or infinite", "1 record", "red, latched", "Stop; go back."),
        (
            "R2",
            f"loss after step {high.high_after_step}",
            f"yellow above {high.high_loss:g}; red where the median is above {guess}",
            f"1 record; {high.span_steps} steps",
            "yellow, red",
            "Check learning rate, labels and the scale of the log.",
        ),
        (
            "R3",
            f"median loss from step {high.slow_after_step} on",
            f"above {high.slow_loss:g}",
            f"{high.span_steps} steps",
            "yellow",
            "Check learning rate, labels and the scale of the log.",
        ),
        (
            "R8",
            "loss that hides NaN, or is too good to be true",
            (
                f"0 after more than {finite.zero_from:g}, or one number with a gradient norm that is none: red within "
                f"{finite.hidden_records} records; the same number {finite.same_records} times: red; below "
                f"{finite.collapse:.0%} of a settled level: yellow"
            ),
            f"{finite.hidden_records} to {finite.same_records} records",
            "red, latched; yellow",
            "Stop; switch off the trainer's NaN filter; see whether new batches come.",
        ),
    )


def _shapes(rules: Rules) -> tuple[Row, ...]:
    rise, flat, spike = rules.rising, rules.plateau, rules.spikes
    return (
        (
            "R4",
            "median loss against the best that it was",
            (
                f"+{rise.yellow_rise:.0%} yellow, +{rise.red_rise:.0%} red, and {rise.errors:g} standard errors; "
                f"+{rise.voted_rise:.0%} yellow where Page-Hinkley votes too; +{rise.rate_rise:.0%} red "
                f"where the learning rate has grown {rise.rate_factor:g} times, or is beyond {rise.rate_sure_factor:g} "
                f"times its peak; validation +{rise.eval_rise:.0%} in {rise.eval_records} evaluations yellow"
            ),
            f"{rules.noise.near_records} records",
            "yellow, red",
            "Check learning rate and data since the best step, or resume before it.",
        ),
        (
            "R5",
            f"loss of {flat.stuck_loss:g} and above",
            f"gained less than {flat.stuck_gain:.0%}",
            f"{flat.stuck_steps:,} steps",
            "red; yellow in a fine-tune that was told",
            "Stop; check that gradients flow.",
        ),
        (
            "R6a",
            "a loss above the level before it",
            f"+{spike.yellow_rise:.0%} and {spike.z:g} deviations, or +{spike.sharp_rise:.0%} and {spike.sharp_z:g}",
            "1 record",
            "yellow",
            "Look at the next records and the batches of this step.",
        ),
        (
            "R6b",
            f"a jump of +{spike.rise:.0%} that stays",
            (
                f"not back to +{spike.back_rise:.0%} within {spike.back_records} records, or fallen by "
                f"{spike.half_back_fall:.0%} and still +{spike.half_back_rise:.0%} at the next; or {spike.often} "
                f"yellow spikes within {spike.often_steps:,} steps"
            ),
            f"{spike.back_records} records",
            "red, latched",
            "Stop; resume before the spike.",
        ),
        (
            "R7",
            "gain",
            (
                f"from scratch: under {flat.start_gain:.0%} at step {flat.start_steps:,} red; under "
                f"{flat.doubling_gain:.0%} by doubling the steps yellow, red after {flat.red_steps:,} flat steps "
                f"with a learning rate above {flat.rate_share:.0%} of its peak; fine-tune: none in "
                f"{flat.tune_steps:,} steps, or "
                f"worse by {flat.worse_share:.0%}, yellow; learning rate or gradient norm 0 for {flat.zero_rate_steps} "
                f"steps "
                f"yellow, for {flat.start_steps:,} red"
            ),
            f"{flat.start_steps:,} steps and more",
            "yellow, red",
            "Check the learning rate; the data may be exhausted.",
        ),
    )


def _machine(rules: Rules) -> tuple[Row, ...]:
    amp, silent, slow = rules.amp, rules.silence, rules.throughput
    return (
        (
            "R9",
            "gradient norm and loss scale of mixed precision",
            f"{amp.in_a_row} overflows in a row, more than {amp.share:.0%}, or a scale down to {amp.scale_floor:g}",
            f"{amp.of_records} records",
            "yellow",
            "Lower the learning rate or train in bfloat16.",
        ),
        (
            "R10",
            "time since the newest record",
            (
                f"{silent.intervals:g} usual intervals and {silent.least_s:g} s yellow, {silent.red_factor:g} times "
                "that red; yellow where the learning rate had run out, for then the run has ended; a dead process red"
            ),
            "since the newest record",
            "yellow, red",
            "See whether the trainer lives and where it hangs.",
        ),
        (
            "R11",
            "steps per second against the run's own median",
            f"under {slow.yellow_share:.0%} yellow, under {slow.red_share:.0%} red",
            f"{slow.recent_blocks} times {slow.block_records} records",
            "yellow, red",
            "Look at GPU clocks, data loading and neighbours.",
        ),
        (
            "R12",
            "lines of the log",
            "out of memory, traceback, checkpoint not saved: red; interrupted: yellow",
            f"until {rules.mishaps.over_after_records} records came after it",
            "yellow, red",
            "Out of memory: halve the batch size (8 → 4).",
        ),
    )
