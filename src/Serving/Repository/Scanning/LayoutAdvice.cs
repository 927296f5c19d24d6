using System.Text.RegularExpressions;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Serving.Repository.Artifacts;
using Krewe.Serving.Repository.Files;
using Krewe.Serving.Repository.Manifests;

namespace Krewe.Serving.Repository.Scanning;

/// <summary>Describes a wrong repository layout, with the shell command that fixes it, to be run in the repository folder.</summary>
internal static partial class LayoutAdvice
{
    private const int MaxNames = 5;

    /// <summary>For an ONNX file directly in the repository.</summary>
    public static string OfStray(ModelName name, string file) =>
        $"'{ErrorText.Quote(file)}' lies in no version's folder: mkdir -p {name}/1 && mv {Word(file)} {name}/1/model.onnx";

    /// <summary>For a version folder with several ONNX files.</summary>
    public static string OfSeveral(string version, IReadOnlyList<string> files) =>
        $"'{version}' has {files.Count} ONNX files, {List(files)}, and none is called model.onnx: "
        + $"mv {Word($"{version}/{files[0]}")} {version}/model.onnx, if that is the one";

    /// <summary>For a model folder without a version.</summary>
    public static string OfNoVersion(ModelName name, string folder, string modelFileName)
    {
        var (folders, files) = (Names(Directory.EnumerateDirectories(folder)), Names(Directory.EnumerateFiles(folder)));
        if (files.FirstOrDefault(VersionFolder.IsOnnx) is { } file)
        {
            var moved = string.Join(' ', files.Select(other => Word($"{name}/{other}")));
            return $"it has no version: '{name}/{ErrorText.Quote(file)}' lies in no version's folder: mkdir {name}/1 && mv {moved} "
                + $"{name}/1/";
        }

        if (folders.Find(static folder => ModelVersion.TryParse(folder, out _)) is { } version)
        {
            return $"it has no version: {OfVersion($"{name}/{version}", Path.Combine(folder, version), modelFileName)}";
        }

        if (folders.Find(other => VersionFolder.FindModels(Path.Combine(folder, other)).Count > 0) is { } misnamed)
        {
            var number = LikeVersion.Match(misnamed) is { Success: true } match ? match.Groups[1].Value : "1";
            return $"it has no version: '{name}/{ErrorText.Quote(misnamed)}' is not named like one, which is a positive whole number: "
                + $"mv {Word($"{name}/{misnamed}")} {name}/{number}";
        }

        if (folders.Find(other => HoldsModel(Path.Combine(folder, other))) is { } model)
        {
            return $"it has no version: '{name}/{ErrorText.Quote(model)}' looks like a model, and '{name}' like a folder of models: "
                + $"mv {Word($"{name}/{model}")} ., or start with --models for that folder";
        }

        var found = folders.Count + files.Count == 0 ? "it is empty" : $"it has {List([.. folders, .. files])}";
        return $"it has no version: {found}: mkdir -p {name}/1 && cp FILE.onnx {name}/1/{Word(modelFileName)}";
    }

    private static string OfVersion(string version, string folder, string modelFileName)
    {
        var entries = Names(Directory.EnumerateFileSystemEntries(folder));
        return entries.Count == 0 ? $"'{version}' is empty: cp FILE.onnx {version}/{Word(modelFileName)}"
            : entries.Find(VersionFolder.IsOnnx) is { } other
                ? $"'{version}' has {List(entries)} and not '{modelFileName}', which its settings name: mv {Word($"{version}/{other}")} "
                    + $"{version}/{Word(modelFileName)}"
            : $"'{version}' has {List(entries)} and no ONNX file: export the model to ONNX, and cp FILE.onnx "
                + $"{version}/{Word(modelFileName)}";
    }

    private static bool HoldsModel(string folder) => Directory.EnumerateDirectories(folder).Take(MaxNames)
        .Any(static version => ModelVersion.TryParse(Path.GetFileName(version), out _) && VersionFolder.FindModels(version).Count > 0);

    private static List<string> Names(IEnumerable<string> paths) =>
    [
        .. paths.Select(static path => Path.GetFileName(path))
            .Where(static name => !ForeignFiles.Has(name) && name is not (ManifestFiles.Json or ManifestFiles.Pbtxt))
            .Order(StringComparer.Ordinal),
    ];

    private static string List(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(MaxNames).Select(static name => $"'{ErrorText.Quote(name)}'"))
        + (names.Count > MaxNames ? ", ..." : "");

    /// <summary>Quotes a path as a single shell word.</summary>
    private static string Word(string path) => PlainWord.IsMatch(path) ? path : $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    [GeneratedRegex(@"^(?:v|version|ver|r|rev)?[-_.]?0*([1-9][0-9]{0,17})(?:\.0+)*$", RegexOptions.IgnoreCase)]
    private static partial Regex LikeVersion { get; }

    [GeneratedRegex(@"^[\w./+@%:,-]+$")]
    private static partial Regex PlainWord { get; }
}
