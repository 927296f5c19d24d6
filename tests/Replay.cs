using System.Globalization;

namespace Krewe;

/// <summary>The seed of random tests and random kills. It stands in the test's output, and KREWE_TEST_SEED replays it.</summary>
internal static class Replay
{
    private const string Variable = "KREWE_TEST_SEED";

    /// <summary>The seed that was asked for; without one the usual one, or where there is none, another in every run.</summary>
    public static int Seed(int? usual = null)
    {
        var given = Environment.GetEnvironmentVariable(Variable);
        var seed = given is null ? usual ?? System.Random.Shared.Next(1 << 20) : int.Parse(given, NumberStyles.None, CultureInfo.InvariantCulture);
        TestContext.Current.TestOutputHelper?.WriteLine($"{Variable}={seed} replays this test");
        return seed;
    }

    /// <summary>Random numbers from that seed.</summary>
    public static Random Random(int? usual = null) => new(Seed(usual));
}
