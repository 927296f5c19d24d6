using FsCheck;

namespace Krewe;

/// <summary>Properties that hold for values of the test's seed.</summary>
internal static class Properties
{
    /// <summary>Tries so many values; throws with the least one that it found to be wrong.</summary>
    public static void Hold(this Property property, int count = 100) => Hold(count, property);

    /// <summary>The same.</summary>
    public static void Hold(int count, Property property) => property.Check(
        Config.QuickThrowOnFailure.WithMaxTest(count).WithReplay(new FsCheck.Replay(new Rnd((ulong)Replay.Seed()), null)));
}
