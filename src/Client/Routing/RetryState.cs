using Krewe.Abstractions.Errors;
using Krewe.Client.Endpoints;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Routing;

/// <summary>The retry state of one inference.</summary>
internal sealed class RetryState
{
    private bool hasLost;

    /// <summary>Attempts that failed.</summary>
    public int Attempts { get; private set; }

    /// <summary>Attempts refused by a full queue.</summary>
    public int Refusals { get; private set; }

    /// <summary>Attempts under way when their replica was lost.</summary>
    public int Losses { get; private set; }

    /// <summary>Those of them whose silo may have ended.</summary>
    public int Ends { get; private set; }

    /// <summary>The replica of the last failed attempt.</summary>
    public ReplicaEndpoint? Avoid { get; private set; }

    /// <summary>The last fault; null if the call was lost.</summary>
    public ReplicaFault? Last { get; private set; }

    /// <summary>When it first was lost or waited for a lost replica.</summary>
    public long FirstLossAt { get; private set; }

    public void Failed(ReplicaEndpoint line, ReplicaFault? fault, bool mayHaveEnded, TimeProvider time)
    {
        (Attempts, Avoid, Last) = (Attempts + 1, line, fault);
        Refusals += fault is { Code: KreweErrorCode.Overloaded, TryElsewhere: false } ? 1 : 0;
        if (fault is null)
        {
            Losses++;
            Ends += mayHaveEnded ? 1 : 0;
            Waits(time);
        }
    }

    public void Waits(TimeProvider time)
    {
        if (!hasLost)
        {
            (hasLost, FirstLossAt) = (true, time.GetTimestamp());
        }
    }
}
