using Krewe.Grains.Interfaces.Nodes;

namespace Krewe.Client.Monitoring;

/// <summary>Polls one silo, one request at a time, and keeps the last report.</summary>
internal sealed class NodeWatch(SiloAddress silo, IClusterReader reader, TimeProvider time)
{
    private readonly Lock gate = new();
    private Task last = Task.CompletedTask;
    private bool hasLastBegun = true;
    private long? unansweredSince;
    private NodeSnapshot? snapshot;

    /// <summary>The last report; null before the first.</summary>
    public NodeSnapshot? Snapshot
    {
        get
        {
            lock (gate)
            {
                return snapshot;
            }
        }
    }

    /// <summary>How long the silo has not answered; zero if it answered the last poll.</summary>
    public TimeSpan Silence
    {
        get
        {
            lock (gate)
            {
                return unansweredSince is { } since ? time.GetElapsedTime(since) : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Why the last poll failed.</summary>
    public string Failure { get; private set; } = "no answer yet";

    /// <summary>True if the silence has been logged.</summary>
    public bool IsSilenceLogged { get; set; }

    /// <summary>
    /// Polls; completes when a request that began after this call has ended, and never throws. During a request the next one waits, and all
    /// callers meanwhile share it.
    /// </summary>
    public Task PollAsync()
    {
        lock (gate)
        {
            if (hasLastBegun)
            {
                hasLastBegun = false;
                last = PollAfterAsync(last);
            }

            return last;
        }
    }

    private async Task PollAfterAsync(Task before)
    {
        await before;
        await Task.Yield();
        NodeReportRequest known;
        lock (gate)
        {
            hasLastBegun = true;
            unansweredSince ??= time.GetTimestamp();
            known = snapshot is null ? new NodeReportRequest(-1, -1) : new NodeReportRequest(
                snapshot.Report.CatalogSequence, snapshot.Report.ResidentSequence);
        }

        try
        {
            Apply(await reader.ReadNodeAsync(silo, known));
        }
        catch (Exception exception)
        {
            // Any failure means no answer: the next poll retries, and the monitor logs the silence.
            Failure = exception.Message;
        }
    }

    private void Apply(NodeReport report)
    {
        lock (gate)
        {
            snapshot = NodeSnapshot.Of(silo, report, snapshot);
            unansweredSince = null;
        }
    }
}
