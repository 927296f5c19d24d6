using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;
using Krewe.Launch.Settings;

namespace Krewe.Silo.Settings;

/// <summary>The notations of a silo's capabilities.</summary>
internal static class NodeNotations
{
    private const int MaxLabels = 64;
    private const int MaxLabelLength = 200;

    /// <summary>Execution providers, always including the CPU; default (no array) for <c>auto</c>.</summary>
    public static readonly Notation<ImmutableArray<ExecutionProvider>> Devices = new(
        "auto, or a list of cpu, cuda, tensorrt", TryReadDevices);

    public static readonly Notation<IDictionary<string, string>> Labels = new(
        $"a list such as zone=a,rack=12 with at most {MaxLabels} different names", TryReadLabels);

    private static bool TryReadDevices(string text, out ImmutableArray<ExecutionProvider> devices)
    {
        devices = default;
        if (text.Equals("auto", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        var read = text.Split(',', StringSplitOptions.TrimEntries).Select(Device).ToList();
        devices = [ExecutionProvider.Cpu,
            .. read.OfType<ExecutionProvider>().Where(static device => device != ExecutionProvider.Cpu).Distinct()];
        return read.All(static device => device is not null);
    }

    private static ExecutionProvider? Device(string text) => text.ToUpperInvariant() switch
    {
        "CPU" => ExecutionProvider.Cpu,
        "CUDA" => ExecutionProvider.Cuda,
        "TENSORRT" => ExecutionProvider.TensorRt,
        _ => null,
    };

    private static bool TryReadLabels(string text, out IDictionary<string, string> labels)
    {
        var read = new Dictionary<string, string>(StringComparer.Ordinal);
        var pairs = text.Split(',', StringSplitOptions.TrimEntries)
            .Select(static pair => pair.Split('=', 2, StringSplitOptions.TrimEntries)).ToList();
        var valid = pairs.TrueForAll(pair =>
            pair is [{ Length: > 0 and <= MaxLabelLength } name, { Length: <= MaxLabelLength } value] && read.TryAdd(name, value));
        labels = read;
        return valid && labels.Count <= MaxLabels;
    }
}
