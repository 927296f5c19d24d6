using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Access.Limits.Leases;

/// <summary>
/// Keeps this process's shares of the limits up to date: one call five times a second for all that are in use, and one a second
/// while none is, because processes are counted. While the grain does not answer, shares stay until their lease ends; then each process has
/// an equal part.
/// </summary>
internal sealed partial class LimitWatch(IGrainFactory grains, LimitTable table, TimeProvider time, ILogger<LimitWatch> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan MostSilence = TimeSpan.FromSeconds(1);
    private readonly string process = Guid.NewGuid().ToString("N");
    private long? answeredAt;
    private bool isFailing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        await PollAsync(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await PollAsync(stoppingToken);
        }
    }

    private async Task PollAsync(CancellationToken cancellationToken)
    {
        var (now, demands) = (time.GetTimestamp(), table.TakeDemands());
        if (demands.IsEmpty && answeredAt is { } last && time.GetElapsedTime(last, now) < MostSilence)
        {
            return;
        }

        try
        {
            var poll = new LimitPoll(process, table.Sequence, [.. demands.Select(static one => one.Demand)]);
            var leases = await grains.GetGrain<ILimitGrain>(ILimitGrain.Key).LeaseAsync(poll).WaitAsync(Timeout, time, cancellationToken);
            table.Apply(demands, leases.Shares, leases.Processes);
            (answeredAt, isFailing) = (now, false);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            if (!isFailing)
            {
                LogFailed(error.Message);
            }

            isFailing = true;
            if (answeredAt is { } answered && time.GetElapsedTime(answered) >= ShareBook.Lifetime)
            {
                table.Forget();
            }
        }
    }

    [LoggerMessage(EventId = 565, Level = LogLevel.Warning,
        Message = "Failed to lease shares of the limits: {Reason} They stay for 3 s, then become equal parts; trying again")]
    private partial void LogFailed(string reason);
}
