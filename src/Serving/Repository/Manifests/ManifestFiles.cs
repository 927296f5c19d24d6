using Krewe.Serving.OnnxFiles;
using Krewe.Serving.Repository.Files;

namespace Krewe.Serving.Repository.Manifests;

/// <summary>Reads the settings files in a model's folder.</summary>
internal static class ManifestFiles
{
    public const string Json = "model.json";
    public const string Pbtxt = "config.pbtxt";

    private const int MaxBytes = 1 << 20;

    /// <summary>
    /// Reads the settings from the existing files; throws <see cref="ManifestException"/>, or <see cref="IOException"/> if a file is
    /// removed meanwhile. Blocks on file I/O.
    /// </summary>
    public static ModelManifest Read(string modelFolder, string modelName)
    {
        var json = ReadBytes(modelFolder, Json) is { } jsonBytes ? ModelJsonReader.Read(jsonBytes) : null;
        var pbtxt = ReadBytes(modelFolder, Pbtxt) is { } pbtxtBytes ? ModelConfigReader.Read(pbtxtBytes, modelName) : null;
        return ManifestMerger.Merge(json, pbtxt);
    }

    private static byte[]? ReadBytes(string modelFolder, string fileName)
    {
        var path = Path.Combine(modelFolder, fileName);
        try
        {
            // Error messages can quote the file, so it must not be a link to a file elsewhere.
            return FileKind.IsRegular(path) && RealPath.IsInside(path, modelFolder)
                ? ReadAll(path, fileName)
                : throw new ManifestException($"{fileName} is not a regular file inside the model's folder");
        }
        catch (FileNotFoundException) when (new FileInfo(path).LinkTarget is not null)
        {
            throw new ManifestException($"{fileName} is a link that leads nowhere");
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            throw new ManifestException($"this process has no permission to read {fileName}");
        }
    }

    private static byte[] ReadAll(string path, string fileName)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[MaxBytes + 1];
        var length = 0;
        for (var read = -1; read != 0 && length < bytes.Length; length += read)
        {
            read = RandomAccess.Read(file, bytes.AsSpan(length), length);
        }

        return length <= MaxBytes
            ? bytes[..length]
            : throw new ManifestException($"{fileName} is larger than {MaxBytes >> 20} MiB: a file of settings is smaller");
    }
}
