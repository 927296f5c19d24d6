using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Member;

/// <summary>Looks every two seconds whether the database answers, for the readiness of this process.</summary>
public sealed partial class DatabaseHealth : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly DatabaseConnections database;
    private readonly DatabaseClock clock;
    private readonly TimeProvider time;
    private readonly ILogger<DatabaseHealth> logger;
    private volatile string? problem;

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

    private async Task<string?> LookAsync(CancellationToken stoppingToken)
    {
        using var limit = new CancellationTokenSource(Interval, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stoppingToken);
        try
        {
            await using var connection = await database.Source.OpenConnectionAsync(either.Token);
            await clock.MeasureAsync(connection, either.Token);
            return null;
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            return $"the database at {database.Place} does not answer within {Interval.TotalSeconds} s";
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            return DatabaseFault.Explain(error, database).Message;
        }
    }

    private void Note(string? found)
    {
        var before = problem;
        problem = found;
        if (before is null && found is not null)
        {
            LogLost(found);
        }
        else if (before is not null && found is null)
        {
            LogBack(database.Place);
        }
    }

    [LoggerMessage(EventId = 502, Level = LogLevel.Warning, Message = "The cluster goes on without its database, but cannot change: {Problem}")]
    private partial void LogLost(string problem);

    [LoggerMessage(EventId = 503, Level = LogLevel.Information, Message = "The database at {Place} answers again")]
    private partial void LogBack(string place);
}
