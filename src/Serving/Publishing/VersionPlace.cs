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

/// <summary>The path of one version in the repository, present or not.</summary>
internal sealed class VersionPlace(RepositoryPaths paths, ModelId id)
{
    private const int Attempts = 16;

    public ModelId Id => id;

    public string Folder { get; } = paths.Version(id);

    private string ModelFolder { get; } = paths.Model(id.Name);

    /// <summary>True if anything exists at the path.</summary>
    public bool IsTaken => Path.Exists(Folder) || new FileInfo(Folder).LinkTarget is not null;

    /// <summary>The model's settings, if any; invalid ones throw <see cref="KreweErrorCode.Unavailable"/>.</summary>
    public ModelManifest ReadManifest()
    {
        try
        {
            return Directory.Exists(ModelFolder) ? ManifestFiles.Read(ModelFolder, id.Name.Value) : ModelManifest.Default;
        }
        catch (DirectoryNotFoundException)
        {
            // Deleted just now, with the model's last version.
            return ModelManifest.Default;
        }
        catch (ManifestException error)
        {
            throw KreweException.Unavailable($"the settings of model '{id.Name}' are wrong: {error.Message}", null, error);
        }
    }

    /// <summary>Verifies that the model's folder is a folder, and that a link does not lead out of the repository.</summary>
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
    /// True if these files already exist, false if nothing does; other files throw <see cref="KreweErrorCode.Conflict"/>.
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

    /// <summary>Moves a folder here atomically; false if something exists here.</summary>
    public bool TryMoveFrom(string folder)
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

        throw new IOException("The model's folder keeps being deleted by others.");
    }

    /// <summary>Moves the version elsewhere atomically; false if nothing exists here.</summary>
    public bool TryMoveTo(string place)
    {
        if (DurableFolder.Rename(Folder, place) != RenameResult.Done)
        {
            return false;
        }

        FolderSync.Flush(ModelFolder);
        return true;
    }

    /// <summary>Removes the model's folder if it is empty.</summary>
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
            // Not empty, or another publish is about to use it.
        }
    }

    /// <summary>The highest version number of the model, servable or not.</summary>
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
