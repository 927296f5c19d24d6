using System.Collections.Immutable;

namespace Krewe.Serving.Repository.Manifests;

/// <summary>Reads <c>model_warmup</c>. Its shapes are used; its data is ignored in favour of synthetic input.</summary>
internal static class ConfigWarmUp
{
    public static WarmUpSettings? Read(ConfigFields config)
    {
        var samples = config.Messages("model_warmup").Select(Sample).ToList();
        if (samples.Count > 1)
        {
            var second = config.All("model_warmup").ElementAt(1);
            config.Warn(second, "one run warms a model up: further samples in 'model_warmup' have no effect here");
        }

        return samples.FirstOrDefault();
    }

    private static WarmUpSettings Sample(ConfigFields sample)
    {
        var batchSize = sample.Integer("batch_size", 0, ManifestRanges.MaxWarmUpRows) ?? 0;
        var shapes = WarmUpSettings.Default.Shapes.ToBuilder();
        foreach (var input in sample.Messages("inputs"))
        {
            var name = input.Text("key") ?? "";
            if (input.Message("value") is { } value && Shape(value, batchSize) is { } shape)
            {
                shapes[name] = shape;
            }

            input.WarnOfUnread();
        }

        sample.Accept("name");
        sample.WarnOfUnread();
        return new WarmUpSettings { Rows = Math.Max(batchSize, 1), Shapes = shapes.ToImmutable() };
    }

    private static ImmutableArray<long>? Shape(ConfigFields value, int batchSize)
    {
        _ = ConfigTensors.DataType(value);
        var dims = value.Integers("dims", 0, int.MaxValue).ToImmutableArray();
        value.Accept("zero_data", "random_data");
        value.WarnOfUnread();
        return dims.IsEmpty ? null : batchSize > 0 ? [batchSize, .. dims] : dims;
    }
}
