using Krewe.Launch.Logging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Launch.Tests.Logging;

/// <summary>What is logged again and again is not logged each time; what differs is.</summary>
public sealed class LogLimitTests : IDisposable
{
    private readonly FakeTimeProvider time = new();
    private readonly FakeLoggerProvider written = new();
    private readonly LogLimit limit;

    public LogLimitTests() => limit = new LogLimit(written, time);

    private IReadOnlyList<FakeLogRecord> Lines => written.Collector.GetSnapshot();

    public void Dispose() => limit.Dispose();

    [Theory]
    [InlineData(LogLevel.Critical, LogLimit.MaxErrors)]
    [InlineData(LogLevel.Error, LogLimit.MaxErrors)]
    [InlineData(LogLevel.Information, LogLimit.MaxMessages)]
    [InlineData(LogLevel.Debug, 1000)]
    public void Equal_lines_are_limited_and_their_number_is_told_later(LogLevel level, int most)
    {
        LogMany(level, 1000);
        Assert.Equal(most, Lines.Count);

        time.Advance(LogLimit.Period);
        var told = Lines.Skip(most).ToList();
        Assert.Equal(most < 1000 ? [$"{1000 - most} more lines of this event were omitted in the last 10 s: it was logged too often"] : [],
            told.Select(static line => line.Message));
        Assert.All(told, line => Assert.Equal((level, 310, "a"), (line.Level, line.Id.Id, line.Category)));

        LogMany(level, 1);
        Assert.Equal("0", Lines[^1].Message);
    }

    [Fact]
    public void Errors_that_differ_do_not_hide_each_other()
    {
        for (var call = 0; call < 1000; call++)
        {
            Log("a", 310, $"/path/{call} failed", Thrown(static () => throw new FormatException(Guid.NewGuid().ToString())));
        }

        Log("a", 310, "/other failed", Thrown(static () => int.Parse("x", null)));
        Log("a", 311, "another event", null);
        Log("b", 310, "another category", null);
        Assert.Equal(["/other failed", "another event", "another category"], Lines.Skip(LogLimit.MaxErrors).Select(static line => line.Message));
    }

    [Fact]
    public void Even_lines_that_differ_have_a_limit()
    {
        for (var call = 0; call < 10_000; call++)
        {
            Log("a", 310, $"model {call} failed", null);
        }

        Assert.Equal(LogLimit.MaxErrors + LogLimit.MaxDiffering, Lines.Count);
    }

    [Fact]
    public void What_was_omitted_is_told_at_the_end()
    {
        LogMany(LogLevel.Error, 1000);
        limit.Dispose();
        Assert.StartsWith("980 more lines", Lines[^1].Message, StringComparison.Ordinal);
    }

    private static Exception Thrown(Action action) => Record.Exception(action)!;

    private void Log(string category, int id, string text, Exception? error) =>
        limit.CreateLogger(category).Log(LogLevel.Error, new EventId(id), text, error, static (text, _) => text);

    private void LogMany(LogLevel level, int count)
    {
        for (var line = 0; line < count; line++)
        {
            limit.CreateLogger("a").Log(level, new EventId(310), "0", null, static (text, _) => text);
        }
    }
}
