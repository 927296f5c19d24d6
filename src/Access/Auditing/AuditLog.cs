using System.Collections.Immutable;
using System.Threading.Channels;
using Krewe.Abstractions.Files;
using Krewe.Access.Settings;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Access.Auditing;

/// <summary>
/// Keeps the last events in memory and writes all to the file, if there is one. A request never waits for that: what finds the queue full
/// is counted, and the count written.
/// </summary>
internal sealed partial class AuditLog : BackgroundService
{
    /// <summary>How many events may wait to be written.</summary>
    public const int QueueLength = 4096;

    /// <summary>How many events can be read over the API.</summary>
    public const int Kept = 4096;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private readonly Channel<AuditEvent> queue = Channel.CreateBounded<AuditEvent>(QueueLength);
    private readonly RefusalLimit refusals = new();
    private readonly TimeProvider time;
    private readonly ILogger<AuditLog> logger;
    private readonly AuditFile? file;
    private ImmutableQueue<AuditEvent> kept = [];
    private int keptCount;
    private long sequence;
    private long lost;
    private bool isFailing;

    public AuditLog(AccessOptions options, TimeProvider time, ILogger<AuditLog> logger)
    {
        (this.time, this.logger) = (time, logger);
        file = options.AuditFile is { } path ? new AuditFile(path) : null;
    }

    /// <summary>Notes an event. Never waits, never fails.</summary>
    public void Add(AuditEvent happened)
    {
        if ((happened.Outcome != "refused" || refusals.Admits(happened)) && !queue.Writer.TryWrite(happened))
        {
            Interlocked.Increment(ref lost);
        }
    }

    /// <summary>The newest events before a sequence number, newest first, that a reader may see.</summary>
    public IEnumerable<AuditEvent> Read(long before, int limit, Func<AuditEvent, bool> isVisible) =>
        Volatile.Read(ref kept).Reverse().Where(happened => happened.Sequence < before && isVisible(happened)).Take(limit);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var former in file?.ReadLast(Kept) ?? [])
        {
            Keep(former);
            sequence = former.Sequence;
        }

        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        queue.Writer.TryComplete();
        await base.StopAsync(cancellationToken);
        while (queue.Reader.TryRead(out var last))
        {
            await WriteAsync(last);
        }

        await WriteCountsAsync();
    }

    public override void Dispose()
    {
        file?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var (ticking, reading) = (timer.WaitForNextTickAsync(stoppingToken).AsTask(), queue.Reader.WaitToReadAsync(stoppingToken).AsTask());
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAny(ticking, reading);
            while (queue.Reader.TryRead(out var happened))
            {
                await WriteAsync(happened);
            }

            if (ticking.IsCompletedSuccessfully)
            {
                await WriteCountsAsync();
                ticking = timer.WaitForNextTickAsync(stoppingToken).AsTask();
            }

            reading = queue.Reader.WaitToReadAsync(stoppingToken).AsTask();
        }
    }

    /// <summary>What has no line of its own.</summary>
    private async Task WriteCountsAsync()
    {
        foreach (var counted in refusals.TakeCounts())
        {
            await WriteAsync(counted with { At = time.GetUtcNow() });
        }

        if (Interlocked.Exchange(ref lost, 0) is > 0 and var count)
        {
            await WriteAsync(new AuditEvent
            {
                At = time.GetUtcNow(), Actor = "krewe", From = "", Action = "audit", Outcome = "lost", Count = count,
            });
        }
    }

    private async Task WriteAsync(AuditEvent happened)
    {
        var numbered = happened with { Sequence = ++sequence };
        Keep(numbered);
        try
        {
            await (file?.WriteAsync(numbered) ?? Task.CompletedTask);
            isFailing = false;
        }
        catch (Exception error) when (FileFault.Is(error))
        {
            if (!isFailing)
            {
                LogFailed(error.Message);
            }

            isFailing = true;
            Interlocked.Increment(ref lost);
        }
    }

    private void Keep(AuditEvent happened)
    {
        var next = kept.Enqueue(happened);
        if (++keptCount > Kept)
        {
            next = next.Dequeue();
            keptCount--;
        }

        Volatile.Write(ref kept, next);
    }

    [LoggerMessage(EventId = 572, Level = LogLevel.Error,
        Message = "Failed to write to the audit log: {Reason} Events are lost until it can be written again; their number is kept")]
    private partial void LogFailed(string reason);
}
