using Krewe.Abstractions.Models;

namespace Krewe.Serving.Publishing.Files;

/// <summary>The layout of a repository. Names that start with a dot are not models.</summary>
internal sealed class RepositoryPaths(string root)
{
    private const string Own = ".krewe";

    public string Root { get; } = Path.GetFullPath(root);

    /// <summary>The folder with one subfolder per upload in progress.</summary>
    public string Staging => Path.Combine(Root, Own, "staging");

    /// <summary>The folder for versions being deleted.</summary>
    public string Trash => Path.Combine(Root, Own, "trash");

    /// <summary>The folder of the repository id file.</summary>
    public string Identity => Path.Combine(Root, Own, "identity");

    public string Model(ModelName name) => Path.Combine(Root, name.Value);

    public string Version(ModelId id) => Path.Combine(Model(id.Name), $"{id.Version}");

    /// <summary>A unique name.</summary>
    public static string NewName() => Guid.NewGuid().ToString("N");
}
