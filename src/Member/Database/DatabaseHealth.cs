using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Member.Database;

/// <summary>
/// Polls the database every two seconds, for the readiness of this process. While it does not answer, the minimum of the thread pool is
/// raised: Npgsql blocks a thread for each command that times out, because it sends the cancel request over a new connection and waits for
/// the server.
/// </summary>
public sealed partial class DatabaseHealth : BackgroundService
{
    private const int ExtraThreads = 16;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly DatabaseConnections database;
    private readonly DatabaseClock clock;
    private readonly TimeProvider time;
    private readonly ILogger<DatabaseHealth> logger;
    private volatile string? problem;
    private Task polling = Task.CompletedTask;

    internal DatabaseHealth(DatabaseConnections database, DatabaseClock clock, TimeProvider time, ILogger<DatabaseHealth> logger)
    {
        this.database = database;
        this.clock = clock;
        this.time = time;
        this.logger = logger;
    }

    /// <summary>Why the database cannot be used at present; null if it can.</summary>
    public string? Problem => problem;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                Update(await PollAsync(stoppingToken));
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>
    /// Polls once. A query without an answer in time is not cancelled, which would block a thread; the next poll waits for the same query.
    /// </summary>
    private async Task<string?> PollAsync(CancellationToken stoppingToken)
    {
        polling = polling.IsCompleted ? MeasureAsync() : polling;
        try
        {
            await polling.WaitAsync(Interval, time, stoppingToken);
            return null;
        }
        catch (TimeoutException)
        {
            return $"the database at {database.Place} does not answer within {Interval.TotalSeconds} s";
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            return DatabaseFault.Explain(error, database).Message;
        }
    }

    private async Task MeasureAsync()
    {
        await using var connection = await database.Source.OpenConnectionAsync(CancellationToken.None);
        await clock.MeasureAsync(connection, CancellationToken.None);
    }

    private void Update(string? found)
    {
        var before = problem;
        problem = found;
        if (before is null && found is not null)
        {
            AddThreads(ExtraThreads);
            LogLost(found);
        }
        else if (before is not null && found is null)
        {
            AddThreads(-ExtraThreads);
            LogBack(database.Place);
        }
    }

    private static void AddThreads(int count)
    {
        ThreadPool.GetMinThreads(out var workers, out var forCompletions);
        ThreadPool.SetMinThreads(workers + count, forCompletions);
    }

    [LoggerMessage(
        EventId = 502, Level = LogLevel.Warning,
        Message = "Lost the database; the cluster keeps serving, but cannot change until it answers: {Problem}")]
    private partial void LogLost(string problem);

    [LoggerMessage(EventId = 503, Level = LogLevel.Information, Message = "The database at {Place} answers again")]
    private partial void LogBack(string place);
}
