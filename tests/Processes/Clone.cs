namespace Krewe.Processes;

/// <summary>Where things lie in the clone that these tests were built from.</summary>
public static class Clone
{
#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif

    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = Find();

    /// <summary>One of the programs under <c>src</c> or <c>samples</c>, built like these tests; as it is published, where it is.</summary>
    public static string Program(string name)
    {
        var built = Path.Combine(
            Root, Directory.Exists(Path.Combine(Root, "src", name)) ? "src" : "samples", name, "bin", Configuration, "net10.0");
        var published = Path.Combine(built, "publish");
        return Path.Combine(Directory.Exists(published) ? published : built, $"Krewe.{name}.dll");
    }

    /// <summary>The models of the samples.</summary>
    public static string Samples { get; } = Path.Combine(Root, "samples", "models");

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Orleans.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"there is no clone around {AppContext.BaseDirectory}");
    }
}
