using Krewe.Grains.Interfaces.Nodes;

namespace Krewe.Client.Monitoring;

/// <summary>Polls one silo, one request at a time, and keeps the last report.</summary>
internal sealed class NodeWatch(SiloAddress silo, IClusterReader reader, TimeProvider time)
{
    private readonly Lock gate = new();
    private Task last = Task.CompletedTask;
    private bool lastBegan = true;
    private long? unansweredSince;
    private NodeSnapshot? view;

    /// <summary>The last report; null before the first.</summary>
    public NodeSnapshot? View
    {
        get
        {
            lock (gate)
            {
                return view;
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
    public bool IsToldSilent { get; set; }

    /// <summary>
    /// Polls; completes when a request that began after this call has ended, and never throws. During a request the next one waits, and all
    /// callers meanwhile share it.
    /// </summary>
    public Task AskAsync()
    {
        lock (gate)
        {
            if (last.IsCompleted || lastBegan)
            {
                lastBegan = false;
                last = AskAfterAsync(last);
            }

            return last;
        }
    }

    private async Task AskAfterAsync(Task before)
    {
        await before;
        await Task.Yield();
        NodeReportRequest known;
        lock (gate)
        {
            lastBegan = true;
            unansweredSince ??= time.GetTimestamp();
            known = view is null ? new NodeReportRequest(-1, -1) : new NodeReportRequest(
                view.Report.CatalogSequence, view.Report.ResidentSequence);
        }

        try
        {
            Take(await reader.ReadNodeAsync(silo, known));
        }
        catch (Exception exception)
        {
            // Any failure means no answer: the next poll retries, and the monitor logs the silence.
            Failure = exception.Message;
        }
    }

    private void Take(NodeReport report)
    {
        lock (gate)
        {
            view = NodeSnapshot.Of(silo, report, view);
            unansweredSince = null;
        }
    }
}
