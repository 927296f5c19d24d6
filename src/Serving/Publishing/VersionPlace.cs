using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Files;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Publishing;
using Krewe.Serving.Publishing.Files;
using Krewe.Serving.Publishing.Records;
using Krewe.Serving.Repository.Files;
using Krewe.Serving.Repository.Manifests;

namespace Krewe.Serving.Publishing;

/// <summary>Where one version lies, or is going to.</summary>
internal sealed class VersionPlace(RepositoryPaths paths, ModelId id)
{
    private const int Attempts = 16;

    public ModelId Id => id;

    public string Folder { get; } = paths.Version(id);

    private string ModelFolder { get; } = paths.Model(id.Name);

    /// <summary>True where something is there.</summary>
    public bool IsTaken => Path.Exists(Folder) || new FileInfo(Folder).LinkTarget is not null;

    /// <summary>The model's settings, where it has any; wrong ones throw <see cref="KreweErrorCode.Unavailable"/>.</summary>
    public ModelManifest ReadManifest()
    {
        try
        {
            return Directory.Exists(ModelFolder) ? ManifestFiles.Read(ModelFolder, id.Name.Value) : ModelManifest.Default;
        }
        catch (DirectoryNotFoundException)
        {
            // Gone in this moment, with its last version.
            return ModelManifest.Default;
        }
        catch (ManifestException error)
        {
            throw KreweException.Unavailable($"the settings of model '{id.Name}' are wrong: {error.Message}", null, error);
        }
    }

    /// <summary>A model's folder is a folder, and one that is a link may lead nowhere else.</summary>
    public void CheckFolder()
    {
        if (File.Exists(ModelFolder))
        {
            throw KreweException.Unavailable($"'{id.Name}' is a file in the repository: expected a folder, or nothing, of that name");
        }

        if (new FileInfo(ModelFolder).LinkTarget is not null && !RealPath.IsInside(ModelFolder, paths.Root))
        {
            throw KreweException.Unavailable($"'{id.Name}' is a link that leads out of the repository: nothing is published there");
        }
    }

    /// <summary>
    /// True where these files are there already, false where nothing is; others throw <see cref="KreweErrorCode.Conflict"/>.
    /// </summary>
    public bool Has(ImmutableArray<PublishedFile> files, CancellationToken cancellationToken)
    {
        try
        {
            return IsTaken && !IsEmptyFolder()
                && (VersionContent.Read(Folder, cancellationToken) is { } found && found.SequenceEqual(files) ? true : throw Conflict());
        }
        catch (Exception error) when (error is DirectoryNotFoundException or FileNotFoundException)
        {
            // Deleted just now.
            return IsTaken ? throw Conflict() : false;
        }
    }

    /// <summary>Moves a folder here, whole; false where something is here.</summary>
    public bool TryTake(string folder)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (!Directory.Exists(ModelFolder))
            {
                Directory.CreateDirectory(ModelFolder);
                FolderSync.Flush(paths.Root);
            }

            switch (DurableFolder.Rename(folder, Folder))
            {
                case RenameResult.Done:
                    FolderSync.Flush(ModelFolder);
                    return true;
                case RenameResult.Occupied:
                    return false;
                default:
                    // The model's last version was deleted, and its folder with it.
                    break;
            }
        }

        throw new IOException("The model's folder is taken away as often as it is made.");
    }

    /// <summary>Moves what is here to another place, whole; false where nothing is here.</summary>
    public bool TryLeave(string place)
    {
        if (DurableFolder.Rename(Folder, place) != RenameResult.Done)
        {
            return false;
        }

        FolderSync.Flush(ModelFolder);
        return true;
    }

    /// <summary>Removes the model's folder where nothing is left in it.</summary>
    public void RemoveEmptyModel()
    {
        try
        {
            if (new FileInfo(ModelFolder).LinkTarget is null)
            {
                Directory.Delete(ModelFolder, recursive: false);
                FolderSync.Flush(paths.Root);
            }
        }
        catch (IOException)
        {
            // Something is left, or somebody is about to publish.
        }
    }

    /// <summary>The highest number among the model's versions, whether they can be served or not.</summary>
    private long Highest()
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(ModelFolder)
                .Select(path => ModelVersion.TryParse(Path.GetFileName(path), out var version) ? version.Number
                    : 0).Append(id.Version.Number).Max();
        }
        catch (DirectoryNotFoundException)
        {
            return id.Version.Number;
        }
    }

    private bool IsEmptyFolder() => Directory.Exists(Folder) && !Directory.EnumerateFileSystemEntries(Folder).Any();

    private KreweException Conflict() => KreweException.Conflict(
        $"model '{id.Name}' version {id.Version} exists with other bytes, and versions are immutable: publish it as version "
            + $"{Highest() + 1}");
}
