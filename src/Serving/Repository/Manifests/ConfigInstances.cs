using Krewe.Abstractions.Hosting;

namespace Krewe.Serving.Repository.Manifests;

/// <summary>Reads <c>instance_group</c>: the execution provider and the number of concurrent runs.</summary>
internal static class ConfigInstances
{
    private const string Kinds = "KIND_AUTO, KIND_GPU, KIND_CPU or KIND_MODEL";

    public static (ExecutionProvider? Provider, int? Count) Read(ConfigFields config)
    {
        var providers = new List<ExecutionProvider?>();
        var counts = new List<int>();
        foreach (var field in config.All("instance_group").Zip(config.Messages("instance_group")))
        {
            var group = field.Second;
            providers.Add(Provider(group));
            if (group.Integer("count", 1, ManifestRanges.MaxConcurrentRuns) is { } count)
            {
                counts.Add(count);
            }

            group.Accept("name");
            group.WarnOfUnread();
            if (providers[^1] != providers[0])
            {
                throw ConfigFields.Error(field.First, "the groups differ in kind: a model is executed in one way, expected one kind");
            }
        }

        var total = counts.Sum();
        return total <= ManifestRanges.MaxConcurrentRuns
            ? (providers.FirstOrDefault(), total == 0 ? null : total)
            : throw new ManifestException(
                $"{ManifestFiles.Pbtxt}: the instance groups count {total}: expected at most {ManifestRanges.MaxConcurrentRuns}");
    }

    private static ExecutionProvider? Provider(ConfigFields group) => group.Word(
        "kind", Kinds, "KIND_AUTO", "KIND_GPU", "KIND_CPU", "KIND_MODEL") switch
    {
        null or "KIND_AUTO" or "KIND_MODEL" => null,
        "KIND_CPU" => ExecutionProvider.Cpu,
        "KIND_GPU" => ExecutionProvider.Cuda,
        _ => throw group.Wrong(group.One("kind")!, Kinds),
    };
}
