using Krewe.Abstractions.Errors;
using Krewe.Client.Endpoints;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Routing;

/// <summary>What one inference has been through.</summary>
internal sealed class RetryState
{
    private bool hasLost;

    /// <summary>Times it was sent and came back without an answer.</summary>
    public int Attempts { get; private set; }

    /// <summary>Times a full queue refused it.</summary>
    public int Refusals { get; private set; }

    /// <summary>Times it was under way when its replica was lost.</summary>
    public int Losses { get; private set; }

    /// <summary>The replica that failed it last.</summary>
    public ReplicaEndpoint? Avoid { get; private set; }

    /// <summary>The last fault; null where the call was lost.</summary>
    public ReplicaFault? Last { get; private set; }

    /// <summary>When it was lost, or had to wait for a lost replica, for the first time.</summary>
    public long FirstLossAt { get; private set; }

    public void Failed(ReplicaEndpoint line, ReplicaFault? fault, TimeProvider time)
    {
        (Attempts, Avoid, Last) = (Attempts + 1, line, fault);
        Refusals += fault is { Code: KreweErrorCode.Overloaded, TryElsewhere: false } ? 1 : 0;
        if (fault is null)
        {
            Losses++;
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
