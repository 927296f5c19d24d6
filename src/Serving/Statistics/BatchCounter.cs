using Krewe.Abstractions;

namespace Krewe.Serving;

/// <summary>What the runs of one batch size took.</summary>
internal sealed class BatchCounter
{
    private DurationCounter input;
    private DurationCounter infer;
    private DurationCounter output;

    public void Add(in RunTimes times)
    {
        input.Add(times.Input);
        infer.Add(times.Infer);
        output.Add(times.Output);
    }

    public BatchStatistic Read(int size) => new(size, input.Read(), infer.Read(), output.Read());
}
