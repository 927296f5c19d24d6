using Npgsql;

namespace Krewe.Member.Database;

/// <summary>
/// The offset of this machine's clock from the database's. Times that members compare are stored in the database, so its clock is the
/// reference.
/// </summary>
internal sealed class DatabaseClock(TimeProvider time)
{
    private long offsetTicks;

    /// <summary>Add this to the machine's time to get the database's.</summary>
    public TimeSpan Offset => TimeSpan.FromTicks(Volatile.Read(ref offsetTicks));

    /// <summary>Measures the offset. A slow answer is too inaccurate and is ignored, except for the first one.</summary>
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
