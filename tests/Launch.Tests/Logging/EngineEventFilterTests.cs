using System.Data.Common;
using Krewe.Launch.Logging;
using Krewe.Launch.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Krewe.Launch.Tests.Logging;

/// <summary>What the engine says of members that come and go is no error in our logs; any other error of it is.</summary>
public sealed class EngineEventFilterTests
{
    [Theory]
    [InlineData("Polly", 3, LogLevel.Debug)]
    [InlineData("Orleans.Messaging", 100071, LogLevel.Debug)]
    [InlineData("Orleans.Messaging", 100072, LogLevel.Error)]
    [InlineData("Orleans.Messaging.Other", 100071, LogLevel.Error)]
    [InlineData("Orleans.Runtime.Catalog", 100071, LogLevel.Error)]
    [InlineData("Krewe.Grains.CrashLoopGuard", 3, LogLevel.Error)]
    public void Only_the_events_of_the_table_lose_their_level(string category, int id, LogLevel expected)
    {
        Assert.Equal([expected], Log(category, id, wantsDebug: true));
        Assert.Equal(expected == LogLevel.Debug ? [] : [expected], Log(category, id, wantsDebug: false));
    }

    [Theory]
    [InlineData(true, null, LogLevel.Debug)]
    [InlineData(false, "57P01", LogLevel.Debug)]
    [InlineData(false, "42501", LogLevel.Error)]
    public void State_that_cannot_be_read_is_an_error_unless_the_database_is_away(bool isTransient, string? sqlState, LogLevel expected)
    {
        const string storage = "Orleans.Storage.AdoNetGrainStorage";
        Assert.Equal([expected], Log(storage, 200416, wantsDebug: true, new DatabaseError(isTransient, sqlState)));
        Assert.Equal([LogLevel.Error], Log(storage, 200416, wantsDebug: true, new FormatException()));
    }

    [Fact]
    public void A_directory_entry_that_cannot_be_removed_is_an_error_unless_a_member_is_lost()
    {
        Assert.Equal([LogLevel.Debug], Log("Orleans.Grain", 1528537479, wantsDebug: true, new SiloUnavailableException()));
        Assert.Equal([LogLevel.Error], Log("Orleans.Grain", 1528537479, wantsDebug: true, new FormatException()));
    }

    [Fact]
    public void The_filter_applies_to_a_programs_console()
    {
        using var services = new ServiceCollection()
            .AddLogging(static logging => logging.AddKreweConsole(new ProgramOptions(), new StartupPhase())).BuildServiceProvider();

        Assert.IsType<EngineEventFilter>(Assert.Single(services.GetServices<ILoggerProvider>()));
    }

    [Fact]
    public void Every_row_says_why_and_stands_once()
    {
        Assert.All(EngineEvents.All, static known => Assert.NotEmpty(known.Why));
        Assert.Distinct(EngineEvents.All.Select(static known => (known.Category, known.Id)));
    }

    private static LogLevel[] Log(string category, int id, bool wantsDebug, Exception? exception = null)
    {
        using var written = new FakeLoggerProvider();
        using var filter = new EngineEventFilter(written, wantsDebug);
        filter.CreateLogger(category).Log(LogLevel.Error, new EventId(id), "text", exception, static (text, _) => text);
        return [.. written.Collector.GetSnapshot().Select(static record => record.Level)];
    }

    private sealed class DatabaseError(bool isTransient, string? sqlState) : DbException
    {
        public override bool IsTransient => isTransient;

        public override string? SqlState => sqlState;
    }
}
