using Npgsql;

namespace Krewe.Member.Database;

/// <summary>
/// How far this machine's clock is from the database's. Times that members compare with each other go into the database, so that
/// is the clock all of them agree on.
/// </summary>
internal sealed class DatabaseClock(TimeProvider time)
{
    private long offsetTicks;

    /// <summary>What to add to this machine's time to get the database's.</summary>
    public TimeSpan Offset => TimeSpan.FromTicks(Volatile.Read(ref offsetTicks));

    /// <summary>Asks the database; an answer that was long under way says nothing and changes nothing, but for the first.</summary>
    public async Task MeasureAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT clock_timestamp()", connection);
        var sent = time.GetUtcNow();
        var start = time.GetTimestamp();
        var there = new DateTimeOffset((DateTime)(await command.ExecuteScalarAsync(cancellationToken))!);
        var elapsed = time.GetElapsedTime(start);
        if (elapsed < TimeSpan.FromSeconds(1) || Offset == TimeSpan.Zero)
        {
            Volatile.Write(ref offsetTicks, (there - sent - (elapsed / 2)).Ticks);
        }
    }
}
