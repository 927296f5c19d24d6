using System.Runtime.CompilerServices;

namespace Krewe;

/// <summary>Freed memory is overwritten in every test, and in every program that a test starts.</summary>
internal static class PoisonedMemory
{
    [ModuleInitializer]
    internal static void TurnOn() => Environment.SetEnvironmentVariable("KREWE_POISON_FREED_MEMORY", "1");
}
