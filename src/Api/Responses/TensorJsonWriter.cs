using Krewe.Abstractions.Tensors;
using Krewe.Api.TensorJson;

namespace Krewe.Api.Responses;

/// <summary>Writes a tensor's data to a response, flat or nested by shape; each call continues after the last.</summary>
internal sealed class TensorJsonWriter(ResponseSink sink, Tensor tensor, bool bareWords)
{
    private TensorDataWriter data = new(tensor, bareWords);

    /// <summary>Writes the next <paramref name="count"/> elements with commas between them.</summary>
    public async ValueTask WriteRowAsync(long count)
    {
        data.Begin(count);
        while (!WriteSome())
        {
            await sink.DrainAsync();
        }
    }

    /// <summary>Writes the next part, nested from a dimension on: 0 for the whole tensor, its rank for one value.</summary>
    public async ValueTask WriteNestedAsync(int dimension)
    {
        if (dimension == tensor.Shape.Length)
        {
            await WriteRowAsync(1);
            return;
        }

        await sink.EnsureSpaceAsync();
        sink.Write("["u8);
        if (dimension == tensor.Shape.Length - 1)
        {
            await WriteRowAsync(tensor.Shape[dimension]);
        }
        else
        {
            await WriteItemsAsync(dimension);
        }

        sink.Write("]"u8);
    }

    private async ValueTask WriteItemsAsync(int dimension)
    {
        for (long i = 0; i < tensor.Shape[dimension]; i++)
        {
            if (i > 0)
            {
                sink.Write(","u8);
            }

            await WriteNestedAsync(dimension + 1);
        }
    }

    private bool WriteSome()
    {
        if (sink.Space.Length < TensorDataWriter.MinSpace)
        {
            return false;
        }

        var done = data.Write(sink.Space, out var written);
        sink.Advance(written);
        return done;
    }
}
