using Krewe.Abstractions.Models;

namespace Krewe.Serving.Publishing.Files;

/// <summary>Where things lie in a repository. What begins with a dot is no model.</summary>
internal sealed class RepositoryPaths(string root)
{
    private const string Own = ".krewe";

    public string Root { get; } = Path.GetFullPath(root);

    /// <summary>Holds a folder for each upload under way.</summary>
    public string Staging => Path.Combine(Root, Own, "staging");

    /// <summary>Holds what is being deleted.</summary>
    public string Trash => Path.Combine(Root, Own, "trash");

    /// <summary>Holds the file with the repository's name.</summary>
    public string Identity => Path.Combine(Root, Own, "identity");

    public string Model(ModelName name) => Path.Combine(Root, name.Value);

    public string Version(ModelId id) => Path.Combine(Model(id.Name), $"{id.Version}");

    /// <summary>A name nobody else has.</summary>
    public static string NewName() => Guid.NewGuid().ToString("N");
}
