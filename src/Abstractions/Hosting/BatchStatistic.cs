namespace Krewe.Abstractions;

/// <summary>What the runs of one batch size (rows in a run) took.</summary>
public readonly record struct BatchStatistic(
    long BatchSize, DurationStatistic ComputeInput, DurationStatistic ComputeInfer, DurationStatistic ComputeOutput);
