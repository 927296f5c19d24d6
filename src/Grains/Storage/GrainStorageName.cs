namespace Krewe.Grains.Storage;

/// <summary>The name under which the grain storage is registered.</summary>
internal static class GrainStorageName
{
    public const string Krewe = "krewe";
}
