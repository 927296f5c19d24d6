using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Routes;

namespace Krewe.Rollouts.Counting;

/// <summary>
/// The counters of one step of one rollout in this process, and the source of tickets. Thread-safe; counting takes a few interlocked
/// additions.
/// </summary>
public sealed class RolloutTally
{
    private readonly ArmCounter serving = new();
    private readonly ArmCounter canary = new();
    private readonly ArmCounter shadow = new();
    private readonly Lock comparing = new();
    private ComparisonCounts comparison = ComparisonCounts.Empty;
    private long tickets;
    private long skipped;

    /// <summary>The step's control group.</summary>
    internal ControlGroup Controls { get; } = new();

    /// <summary>The sequence number of the next call, from 0.</summary>
    public long NextTicket() => Interlocked.Increment(ref tickets) - 1;

    /// <summary>A call succeeded.</summary>
    public void AddSuccess(TrafficRole role, TimeSpan duration) => Of(role)?.AddSuccess(duration);

    /// <summary>A call failed. Calls whose caller disconnected are not counted.</summary>
    public void AddError(TrafficRole role) => Of(role)?.AddError();

    /// <summary>A copy was skipped for lack of capacity.</summary>
    public void AddSkipped() => Interlocked.Increment(ref skipped);

    /// <summary>A shadow's response was compared.</summary>
    public void Add(in AnswerComparison answer)
    {
        lock (comparing)
        {
            comparison = comparison with
            {
                Compared = comparison.Compared + 1,
                Disagreements = comparison.Disagreements + (answer.Agrees ? 0 : 1),
                Labels = comparison.Labels + answer.Labels,
                SameLabels = comparison.SameLabels + answer.SameLabels,
                LargestDifference = Math.Max(comparison.LargestDifference, answer.LargestDifference ?? 0),
                SumOfMeanDifferences = comparison.SumOfMeanDifferences + (answer.MeanDifference ?? 0),
                Numeric = comparison.Numeric + (answer.MeanDifference is null ? 0 : 1),
            };
        }
    }

    /// <summary>The current counts.</summary>
    public StepCounts Read()
    {
        lock (comparing)
        {
            return new StepCounts(serving.Read(), canary.Read(), shadow.Read(), comparison with { Skipped = Volatile.Read(ref skipped) })
            {
                Pairs = Controls.Read(),
            };
        }
    }

    private ArmCounter? Of(TrafficRole role) => role switch
    {
        TrafficRole.Serving or TrafficRole.Control => serving,
        TrafficRole.Canary => canary,
        TrafficRole.Shadow => shadow,
        _ => null,
    };
}

/// <summary>A concurrent builder of <see cref="ArmCounts"/>.</summary>
internal sealed class ArmCounter
{
    private readonly LatencyCounter latency = new();
    private long errors;

    public void AddSuccess(TimeSpan duration) => latency.Add(duration);

    public void AddError() => Interlocked.Increment(ref errors);

    /// <summary>Includes complete calls only: those counted during the call appear in the next reading.</summary>
    public ArmCounts Read()
    {
        var (failed, took) = (Volatile.Read(ref errors), latency.Read());
        return new ArmCounts(took.Total + failed, failed, took);
    }
}
