using Krewe.Abstractions.Tensors;
using Krewe.Client;

namespace Krewe.OwnSilo;

/// <summary>Calls a model wherever it is placed; a replica on the same silo costs no message.</summary>
internal sealed class HouseGrain(KreweClient krewe) : Grain, IHouseGrain
{
    // Area, plot, bedrooms, bathrooms, age, kilometres to the centre, garage, energy class.
    private readonly float[] features = [120f, 400f, 3f, 2f, 15f, 6f, 1f, 5f];

    public async Task<double> EstimatePriceAsync()
    {
        using var answer = await krewe.Model("house-price").InferAsync(TensorOf.Values("features", [1, 8], features));
        return Math.Round(answer["price"].AsSpan<float>()[0]);
    }
}
