using Krewe.Programs.Tests.Architecture.OneSample;

namespace Krewe.Programs.Tests.Architecture.OtherSample;

/// <summary>Half of a cycle, for <see cref="NamespaceCycleTests"/>.</summary>
internal static class Other
{
    public static int Count(int left) => left == 0 ? 0 : One.Count(left - 1);
}
