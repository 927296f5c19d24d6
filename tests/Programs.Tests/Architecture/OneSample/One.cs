using Krewe.Programs.Tests.Architecture.OtherSample;

namespace Krewe.Programs.Tests.Architecture.OneSample;

/// <summary>Half of a cycle, for <see cref="NamespaceCycleTests"/>.</summary>
internal static class One
{
    public static int Count(int left) => left == 0 ? 0 : Other.Count(left - 1);
}
