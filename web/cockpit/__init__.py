"""What operators and the Kasse look at: Störungen and Übergaben."""
