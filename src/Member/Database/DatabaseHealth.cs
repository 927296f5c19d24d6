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
    private const int ThreadsMore = 16;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly DatabaseConnections database;
    private readonly DatabaseClock clock;
    private readonly TimeProvider time;
    private readonly ILogger<DatabaseHealth> logger;
    private volatile string? problem;
    private Task looking = Task.CompletedTask;

    internal DatabaseHealth(DatabaseConnections database, DatabaseClock clock, TimeProvider time, ILogger<DatabaseHealth> logger)
    {
        this.database = database;
        this.clock = clock;
        this.time = time;
        this.logger = logger;
    }

    /// <summary>Why the database cannot be used at present; null where it can.</summary>
    public string? Problem => problem;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                Note(await LookAsync(stoppingToken));
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>
    /// A query that is not answered in time is not cancelled, which would block a thread; the next poll waits for the same one.
    /// </summary>
    private async Task<string?> LookAsync(CancellationToken stoppingToken)
    {
        looking = looking.IsCompleted ? MeasureAsync() : looking;
        try
        {
            await looking.WaitAsync(Interval, time, stoppingToken);
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

    private void Note(string? found)
    {
        var before = problem;
        problem = found;
        if (before is null && found is not null)
        {
            AddThreads(ThreadsMore);
            LogLost(found);
        }
        else if (before is not null && found is null)
        {
            AddThreads(-ThreadsMore);
            LogBack(database.Place);
        }
    }

    private static void AddThreads(int count)
    {
        ThreadPool.GetMinThreads(out var workers, out var forCompletions);
        ThreadPool.SetMinThreads(workers + count, forCompletions);
    }

    [LoggerMessage(
        EventId = 502, Level = LogLevel.Warning, Message = "The cluster goes on without its database, but cannot change: {Problem}")]
    private partial void LogLost(string problem);

    [LoggerMessage(EventId = 503, Level = LogLevel.Information, Message = "The database at {Place} answers again")]
    private partial void LogBack(string place);
}
