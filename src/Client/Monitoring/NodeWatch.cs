using Krewe.Grains.Interfaces.Nodes;

namespace Krewe.Client.Monitoring;

/// <summary>Asks one silo for its reports, one at a time, and keeps the last answer.</summary>
internal sealed class NodeWatch(SiloAddress silo, IClusterReader reader, TimeProvider time)
{
    private readonly Lock gate = new();
    private Task last = Task.CompletedTask;
    private bool lastBegan = true;
    private long? unansweredSince;
    private NodeSnapshot? view;

    /// <summary>The silo as last reported; null until it has answered.</summary>
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

    /// <summary>How long the silo has left an asker waiting; zero where the last question was answered.</summary>
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

    /// <summary>Why the last question was not answered.</summary>
    public string Failure { get; private set; } = "it takes its time";

    /// <summary>True where the change from answering to silent, or back, was told already.</summary>
    public bool IsToldSilent { get; set; }

    /// <summary>
    /// Asks; done when a question that began after this call was answered or failed, and never in an exception. Where a question is
    /// under way the next one waits for it, and all who come meanwhile share that one.
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
            // Whatever it is, the silo gave no answer; it is asked again at the next look, and its silence is told by who looks.
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
