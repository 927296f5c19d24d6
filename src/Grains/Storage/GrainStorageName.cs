namespace Krewe.Grains;

/// <summary>The name under which the grain storage is registered.</summary>
internal static class GrainStorageName
{
    public const string Krewe = "krewe";
}
