using Krewe.Member;
using Krewe.Silo.Settings;
using GatewayOptions = Krewe.Gateway.Settings.GatewayOptions;

namespace Krewe.Programs.Tests;

/// <summary>
/// Every setting with a range, at its ends and one beyond: what a program takes, its parts take too, and what it refuses it refuses with words that
/// say what is right.
/// </summary>
public sealed class SettingLimitTests : IDisposable
{
    private const string Database = "Host=db;Database=krewe;Username=krewe";
    private readonly SettingsReading<SiloOptions> silo = new(Krewe.Silo.Settings.SettingTable.All);
    private readonly SettingsReading<GatewayOptions> gateway = new(Krewe.Gateway.Settings.SettingTable.All);
    private readonly DirectoryInfo models = Directory.CreateTempSubdirectory("krewe-limits-");

    /// <summary>Option, values that are right, values that are wrong, and what is said of those.</summary>
    public static TheoryData<string, string[], string[], string> OfSilo => new()
    {
        { "--silo-port", ["0", "1", "65535"], ["-1", "65536"], "a whole number from 0 to 65535" },
        { "--client-port", ["0", "1", "65535"], ["-1", "65536"], "a whole number from 0 to 65535" },
        { "--http-port", ["0", "1", "65535"], ["-1", "65536"], "a whole number from 0 to 65535" },
        { "--grpc-port", ["0", "1", "65535"], ["-1", "65536"], "a whole number from 0 to 65535" },
        { "--admin-port", ["0", "1", "65535"], ["-1", "65536"], "a whole number from 0 to 65535" },
        { "--runners", ["1", "1024"], ["0", "1025", "1.5"], "a whole number from 1 to 1024" },
        { "--load-threads", ["1", "64"], ["0", "65"], "a whole number from 1 to 64" },
        { "--intra-op-threads", ["1", "1024"], ["0", "1025"], "a whole number from 1 to 1024" },
        { "--memory-budget", ["1MiB", "9223372036854775807B", "100%"], ["0", "1", "1048575", "9223372036854775808B", "0%", "101%"], "at least 1MiB" },
        { "--memory", ["256MiB", "9223372036854775807B", "100%"], ["0", "1MiB", "268435455", "9223372036854775808B", "0%", "101%"], "256MiB or more" },
        { "--max-body-size", ["1", "1B", "2000MB"], ["0", "2000000001"], "a size from 1B to 2000MB" },
        { "--max-publish-size", ["1", "9223372036854775807B"], ["0", "9223372036854775808B"], "a size of 1B or more" },
        { "--idle-time", ["0.0001ms", "1ms", "365d", "never"], ["0", "0s", "0.00001ms", "366d"], "a positive time such as 10m (ms, s, m, h or d), at most 365d, or 'never'" },
        { "--request-timeout", ["0.0001ms", "1ms", "365d"], ["0s", "366d", "never"], "a positive time such as 30s (ms, s, m, h or d), at most 365d" },
        { "--poll-interval", ["10ms", "1d"], ["0s", "9.9999ms", "1.0001d"], "a time from 10ms to 1d" },
        { "--drain-time", ["0.0001ms", "1d"], ["0s", "1.0001d", "50d"], "a positive time such as 30s (ms, s, m, h or d), at most 1d" },
        { "--database-wait", ["0.0001ms", "1d"], ["0s", "1.0001d"], "a positive time such as 30s (ms, s, m, h or d), at most 1d" },
        { "--cluster-id", ["a", Letters(100)], [Letters(101)], "1 to 100 letters" },
        { "--silo-name", ["a", Letters(100)], [Letters(101)], "1 to 100 letters" },
        { "--route-key-header", ["a", Letters(100)], [Letters(101)], "the name of a header of at most 100 characters" },
        { "--labels", ["a=", Labels(64), $"{Letters(200)}={Letters(200)}"], ["=", Labels(65), $"{Letters(201)}=", $"a={Letters(201)}"], "at most 64 different names" },
    };

    public static TheoryData<string, string[], string[], string> OfGateway => new()
    {
        { "--max-outstanding", ["1", "1000000"], ["0", "1000001"], "a whole number from 1 to 1000000" },
        { "--max-outstanding-per-version", ["1", "1000000"], ["0", "1000001"], "a whole number from 1 to 1000000" },
        { "--max-input-memory", ["1MiB", "9223372036854775807B", "100%"], ["0", "1", "1048575", "0%", "101%"], "at least 1MiB" },
        { "--silo-port", ["0", "1", "65535"], ["-1", "65536"], "a whole number from 0 to 65535" },
        { "--grpc-port", ["0", "1", "65535"], ["-1", "65536"], "a whole number from 0 to 65535" },
        { "--http-port", ["0", "1", "65535"], ["-1", "65536"], "a whole number from 0 to 65535" },
    };

    public void Dispose()
    {
        silo.Dispose();
        gateway.Dispose();
        models.Delete();
    }

    [Theory]
    [MemberData(nameof(OfSilo))]
    public void A_silo_takes_what_is_in_the_range_and_nothing_else(string option, string[] right, string[] wrong, string expected)
    {
        Check(silo, ["--database", Database, "--models", models.FullName], option, right, wrong, expected, options =>
        {
            var (krewe, member) = (options.Krewe, TakePorts(options.Member));
            return [.. krewe.Serving.FindErrors(), .. options.Api.Validate(), .. krewe.Node.FindErrors(), .. member.FindErrors()];
        });
    }

    [Theory]
    [MemberData(nameof(OfGateway))]
    public void A_gateway_takes_what_is_in_the_range_and_nothing_else(string option, string[] right, string[] wrong, string expected)
    {
        Check(
            gateway, ["--database", Database], option, right, wrong, expected,
            options => [.. options.Calls.FindErrors(), .. options.Api.Validate(), .. TakePorts(options.Member).FindErrors()]);
    }

    private static void Check<TOptions>(
        SettingsReading<TOptions> reading, string[] needed, string option, string[] right, string[] wrong, string expected,
        Func<TOptions, IEnumerable<string>> errorsOf)
        where TOptions : class, new()
    {
        foreach (var value in right)
        {
            var options = reading.Read([.. needed, $"{option}={value}"]);
            Assert.True(options is not null, $"{option}={value}: {reading.Error}");
            Assert.Empty(errorsOf(options));
        }

        foreach (var value in wrong)
        {
            var before = reading.Error.Length;
            Assert.True(reading.Read([.. needed, $"{option}={value}"]) is null, $"{option}={value} was taken");
            Assert.Contains(expected, reading.Error[before..], StringComparison.Ordinal);
        }
    }

    // As a start does.
    private static MemberOptions TakePorts(MemberOptions member)
    {
        (member.SiloPort, member.ClientPort) = (member.SiloPort == 0 ? 40_000 : member.SiloPort, 40_001);
        return member;
    }

    private static string Letters(int count) => new('a', count);

    private static string Labels(int count) => string.Join(',', Enumerable.Range(0, count).Select(static label => $"l{label}=x"));
}
